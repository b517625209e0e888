"""`manage.py create_api_key`: make a key for a program and show it once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_slug
from django.db import transaction

from customers.models import CUSTOMERS
from customers.usecases import api_keys
from customers.usecases.api_keys import UnknownScopes
from shared_kernel import clock
from shared_kernel.identity.api_keys import SCOPES
from shared_kernel.ids import encode_id

LONGEST_LIFETIME = 3650


class Command(BaseCommand):
    """Make an API key; only its hash is kept."""

    help = "Make an API key for a program. The key is printed once, alone on standard output; only its hash is kept."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("--name", required=True, help="which program holds it, as a slug; never a person")
        parser.add_argument("--scopes", required=True, help=f"comma-separated, of: {', '.join(sorted(SCOPES))}")
        parser.add_argument("--days", type=int, default=365, help="days until it expires (default 365)")

    def handle(self, *args: Any, name: str, scopes: str, days: int, **options: Any) -> None:
        """Make the key and print it.

        Raises:
            CommandError: an argument is wrong.
        """
        try:
            validate_slug(name)
        except ValidationError as error:
            raise CommandError("--name must be a slug: letters, digits, - and _.") from error
        if not 1 <= days <= LONGEST_LIFETIME:
            raise CommandError(f"--days must lie between 1 and {LONGEST_LIFETIME}.")
        wanted = [scope.strip() for scope in scopes.split(",") if scope.strip()]
        if not wanted:
            raise CommandError("--scopes names no scope.")
        try:
            with transaction.atomic(using=CUSTOMERS, durable=True):
                made = api_keys.create_api_key(
                    name=name, scopes=wanted, lifetime=timedelta(days=days), now=clock.database_now(CUSTOMERS)
                )
        except UnknownScopes as refusal:
            raise CommandError(f"Unknown scopes: {', '.join(refusal.scopes)}.") from refusal
        self.stderr.write(
            f"{encode_id('key', made.key.id)} for {made.key.name}, good until {made.key.expires_at:%Y-%m-%d}. "
            "The key is shown only now; it opens doors as soon as the relay has told the contexts."
        )
        self.stdout.write(made.plain)
