"""Demo data for `manage.py up`, and the credentials to look at it with."""

from __future__ import annotations

import json
from io import StringIO

from django.core.management import call_command, get_commands

DEMO_PRINCIPALS = "load_demo_principals"


def load_demo() -> dict[str, str]:
    """Make what is missing; returns `email`, `password` and `api_key` of the demo principals, if hosted here."""
    call_command("load_demo", verbosity=0)
    if DEMO_PRINCIPALS not in get_commands():
        return {}
    printed = StringIO()
    call_command(DEMO_PRINCIPALS, stdout=printed)
    credentials: dict[str, str] = json.loads(printed.getvalue())
    return credentials
