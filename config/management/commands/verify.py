"""`manage.py verify`: the one check before a commit, and what CI runs."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.verification import quick_steps, run, test_step


class Command(BaseCommand):
    """Run every step, also after one has failed; the tests come last and so does pytest's summary."""

    help = "Format, lint, types, imports, migrations, context map, production check, tests."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument("--fix", action="store_true", help="Mend what can be mended without thought.")
        parser.add_argument("--quick", action="store_true", help="Leave out the slow tests.")
        parser.add_argument("--no-tests", action="store_true", help="Leave out all tests.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the steps and end with status 1 if one failed."""
        results = [run(step, fix=options["fix"], say=self._say) for step in quick_steps()]
        if not options["no_tests"]:
            results.append(run(test_step(slow=not options["quick"]), fix=False, say=self._say))
        if not all(results):
            sys.exit(1)

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        # What the steps print themselves must not overtake it.
        self.stdout.flush()
