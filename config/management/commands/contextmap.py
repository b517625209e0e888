"""`manage.py contextmap`: write the context map and the state machines from the code."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.contextmap.documents import stale, write
from config.environment import ROOT


class Command(BaseCommand):
    """Write docs/context-map.md and docs/state-machines.json, or say that they are stale."""

    help = "Write the context map and the state machines from the code."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `--check`."""
        parser.add_argument("--check", action="store_true", help="Write nothing; end with status 1 if a copy is stale.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write, or only look."""
        if options["check"]:
            old = stale(ROOT)
            if old:
                raise CommandError(f"Stale: {', '.join(map(str, old))}. Run `manage.py contextmap`.", returncode=1)
            return
        for path in write(ROOT):
            self.stdout.write(f"Wrote {path}.")
