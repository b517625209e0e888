"""`manage.py bootstrap_database`: make the database, the roles and the schemas."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from config.database.bootstrap import bootstrap
from config.environment import environment


class Command(BaseCommand):
    """Make what is missing; run it again at any time."""

    help = "Make the database, and per context its schema, its owner and app roles and their rights. Repeatable."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Bootstrap every hosted context and `platform`."""
        ready = bootstrap(environment())
        self.stdout.write(f"Ready: {', '.join(ready)}.")
