"""`manage.py revoke_api_key`: make a key worthless."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from customers.models import CUSTOMERS, ApiKey
from customers.usecases import api_keys
from shared_kernel import clock
from shared_kernel.errors import Invalid
from shared_kernel.ids import decode_id, encode_id


class Command(BaseCommand):
    """Revoke an API key."""

    help = "Revoke an API key, named by its id (key_...) or by its first letters (sk_...)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument("key", help="the id of the key, its prefix, or the key itself")

    def handle(self, *args: Any, key: str, **options: Any) -> None:
        """Revoke the key; one that is revoked stays so.

        Raises:
            CommandError: there is no such key, or several share the prefix.
        """
        found = _find(key)
        with transaction.atomic(using=CUSTOMERS, durable=True):
            revoked = api_keys.revoke_api_key(key_id=found.id, now=clock.database_now(CUSTOMERS))
        self.stdout.write(f"{encode_id('key', revoked.id)} of {revoked.name} is revoked.")


def _find(text: str) -> ApiKey:
    keys = ApiKey.objects.all()
    try:
        found = list(keys.filter(pk=decode_id("key", text)))
    except Invalid:
        # A prefix, or the whole key as its holder has it.
        found = [key for key in keys.filter(prefix=text[: ApiKey.PREFIX_LENGTH]) if text.startswith(key.prefix)]
    if not found:
        raise CommandError("There is no such key.")
    if len(found) > 1:
        raise CommandError("Several keys begin like this; name one by its id (key_...).")
    return found[0]
