"""`manage.py load_demo`: something to look at, and somebody to look at it."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError

from config.database.addresses import PLATFORM
from config.environment import environment

ADMIN_NAME = "admin"
# What a context offers for a first look; it is not there where that is not hosted.
DEMO_CATALOG = "load_demo_catalog"


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
        if DEMO_CATALOG in get_commands():
            call_command(DEMO_CATALOG, verbosity=options["verbosity"])
