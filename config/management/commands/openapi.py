"""`manage.py openapi`: the OpenAPI document and the list of problem codes, from the code."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.rest import generation
from config.rest.generation import GenerationWarning


class Command(BaseCommand):
    """Needs every context to be hosted, because the documents describe them all."""

    help = "Print the OpenAPI document; --write keeps it and the problem codes in docs/, --check finds stale copies."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        action = parser.add_mutually_exclusive_group()
        action.add_argument("--write", action="store_true", help="Bring the committed copies up to date.")
        action.add_argument("--check", action="store_true", help="End with status 1 when a committed copy is stale.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Generate and do what was asked."""
        try:
            if options["write"]:
                for path in generation.write():
                    self.stdout.write(f"wrote {path}")
            elif options["check"]:
                if outdated := generation.stale():
                    names = ", ".join(str(path) for path in outdated)
                    raise CommandError(f"{names}: stale; run `manage.py openapi --write`.")
            else:
                self.stdout.write(generation.openapi())
        except GenerationWarning as warning:
            raise CommandError(str(warning)) from warning
