"""`manage.py migrate_contexts`: apply the migrations of each context to its own schema."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.database.migrating import MigrationsBusy, migrate, pending
from config.environment import environment


class Command(BaseCommand):
    """Migrate as the owner roles; plain `migrate` would record foreign migrations on a context's alias."""

    help = (
        "Apply the migrations of each hosted context to its schema, as its owner, and set the rights of its app role."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `--check`."""
        parser.add_argument(
            "--check", action="store_true", help="Apply nothing; end with status 1 if something is missing."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate, or list what is missing."""
        configuration = environment()
        if options["check"]:
            missing = [
                f"{alias}: {migration.app_label}.{migration.name}"
                for alias in configuration.databases
                for migration in pending(alias, configuration.contexts)
            ]
            if missing:
                raise CommandError("Not applied:\n  " + "\n  ".join(missing), returncode=1)
            self.stdout.write("Everything is applied.")
            return
        try:
            migrate(configuration, lambda line: self.stdout.write(f"  {line}"))
        except MigrationsBusy as error:
            raise CommandError(str(error)) from error
        self.stdout.write("Every schema is up to date.")
