"""`manage.py openapi`: the OpenAPI document from the code, printed, written or compared with the committed copy."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.rest.generation import GenerationWarning, generate
from config.rest.kept import OPENAPI, ROOT


class Command(BaseCommand):
    """Needs every context to be hosted, because the document describes them all."""

    help = "Print the OpenAPI document; --write keeps it in docs/openapi.json, --check says whether that copy is stale."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        action = parser.add_mutually_exclusive_group()
        action.add_argument("--write", action="store_true", help="Bring the committed copy up to date.")
        action.add_argument("--check", action="store_true", help="End with status 1 when the committed copy is stale.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Generate and do what was asked."""
        try:
            text = generate()
        except GenerationWarning as warning:
            raise CommandError(str(warning)) from warning
        copy = ROOT / OPENAPI
        if options["write"]:
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(text, encoding="utf-8")
        elif options["check"]:
            if not copy.exists() or copy.read_text(encoding="utf-8") != text:
                raise CommandError(f"{OPENAPI} is stale: run `manage.py openapi --write`.")
        else:
            self.stdout.write(text)
