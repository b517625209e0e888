"""`manage.py create_customer`: open an account from the command line."""

from __future__ import annotations

import getpass
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from customers.models import CUSTOMERS
from customers.policies import InvalidEmail, normalized_email, password_fault
from customers.usecases import accounts
from customers.usecases.passwords import hash_password
from shared_kernel import clock
from shared_kernel.ids import encode_id


class Command(BaseCommand):
    """Open an account."""

    help = "Open an account. The password is asked for, so that it stands in no list of processes."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--email", required=True)
        parser.add_argument("--name", default="")

    def handle(self, *args: Any, email: str, name: str, **options: Any) -> None:
        """Ask for the password and open the account.

        Raises:
            CommandError: the address or the password is not taken, or there is an account already.
        """
        try:
            address = normalized_email(email)
        except InvalidEmail as error:
            raise CommandError("--email is not an e-mail address.") from error
        password = getpass.getpass("Password (12 characters at least): ")
        if password_fault(password):
            raise CommandError("The password must have 12 characters at least and 1024 bytes at most.")
        password_hash = hash_password(password)
        with transaction.atomic(using=CUSTOMERS, durable=True):
            customer = accounts.register_customer(
                email=address, password_hash=password_hash, name=name, now=clock.database_now(CUSTOMERS)
            )
        if customer is None:
            raise CommandError("There is an account with this address already.")
        self.stdout.write(encode_id("cus", customer.id))
