"""`manage.py load_demo`: something to look at, and somebody to look at it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError

from config.database.addresses import PLATFORM
from config.environment import environment

ADMIN_NAME = "admin"
# What each context offers for a first look; the ones that are not hosted here are not there.
DEMO_COMMANDS = ("load_demo_catalog",)


class Command(BaseCommand):
    """Make the demo admin and load the demo data of the hosted contexts; repeatable."""

    help = "Load demo data and make the demo admin user; refused in production."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Load what is not there yet."""
        password = environment().demo_password
        if password is None:
            raise CommandError("production takes no demo data")
        user = User.objects.using(PLATFORM).filter(username=ADMIN_NAME).first()
        if user is None:
            user = User(username=ADMIN_NAME, email="admin@example.test", is_staff=True, is_superuser=True)
        if not user.check_password(password):
            user.set_password(password)
            user.save(using=PLATFORM)
        for name in DEMO_COMMANDS:
            if name in get_commands():
                call_command(name, verbosity=options["verbosity"])
