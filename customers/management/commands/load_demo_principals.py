"""`manage.py load_demo_principals`: make the demo customer and the demo key of this machine."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from customers.models import CUSTOMERS
from customers.usecases import demonstration
from shared_kernel import clock
from shared_kernel.errors import Forbidden


class Command(BaseCommand):
    """Make the demo principals where they are missing."""

    help = "Make the demo customer and the demo key of this machine, and print their credentials as JSON."

    def handle(self, *args: Any, **options: Any) -> None:
        """Make what is missing and print the credentials; a second run changes nothing.

        Raises:
            CommandError: this is production.
        """
        try:
            with transaction.atomic(using=CUSTOMERS, durable=True):
                demo = demonstration.load_demo_principals(now=clock.database_now(CUSTOMERS))
        except Forbidden as refusal:
            raise CommandError("Production has no demo principals.") from refusal
        self.stdout.write(json.dumps(asdict(demo)))
