"""`manage.py audit`: recompute every invariant from raw rows and name what breaks it."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.audit.run import SourcedFinding, audit
from shared_kernel.errors import DomainError


class Command(BaseCommand):
    """End with status 0 when nothing is found, with 1 otherwise."""

    help = "Check the invariants of each hosted context, between them, and in the database's catalog."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument(
            "--quiet-for",
            type=int,
            default=60,
            metavar="SECONDS",
            help="Compare between contexts only what has not moved for so long (default: 60).",
        )
        parser.add_argument("--limit", type=int, default=100, help="Findings per source at most (default: 100).")
        parser.add_argument("--json", action="store_true", help="Write one JSON object per finding and line.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the findings as they come."""
        found = 0
        try:
            for entry in audit(quiet_for=timedelta(seconds=options["quiet_for"]), limit=options["limit"]):
                found += 1
                self.stdout.write(_as_json(entry) if options["json"] else _as_line(entry))
        except DomainError as error:
            raise CommandError(f"The audit is not complete: {error.message}", returncode=2) from error
        if found:
            raise CommandError(f"Findings: {found}.", returncode=1)
        if not options["json"]:
            self.stdout.write("The audit found nothing.")


def _as_json(entry: SourcedFinding) -> str:
    return json.dumps({"source": entry.source, **asdict(entry.finding)}, sort_keys=True)


def _as_line(entry: SourcedFinding) -> str:
    return f"{entry.source}: {entry.finding.invariant}: {entry.finding.subject}: {entry.finding.detail}"
