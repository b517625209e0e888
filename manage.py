#!/usr/bin/env python
"""The command line of Ashlar."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

ROLES = ("web", "relay", "worker")
MISCONFIGURED = 2


def main(arguments: list[str]) -> None:
    """Run one management command; a wrong configuration ends it with one sentence and status 2."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    role = arguments[1] if len(arguments) > 1 and arguments[1] in ROLES else None
    if role is not None:
        os.environ["ASHLAR_ROLE"] = role
    try:
        from django.core.management import execute_from_command_line
        from django.db.utils import OperationalError

        from config import launch
        from config.database.bootstrap import unanswered
        from config.environment import environment
        from config.variables import ConfigurationError
    except ModuleNotFoundError as error:
        sys.exit(
            f"ashlar: the Python package {error.name} is not installed; the README says how to install everything."
        )
    try:
        if role == "web":
            launch.become(launch.web(environment()))
        elif role == "worker":
            launch.become(launch.worker(environment()))
        else:
            execute_from_command_line(arguments)
    except ConfigurationError as error:
        _give_up(str(error))
    except OperationalError as error:
        sentence = unanswered(error)
        if sentence is None:
            raise
        _give_up(sentence)


def _give_up(sentence: str) -> NoReturn:
    sys.stderr.write(f"ashlar: {sentence}\n")
    sys.exit(MISCONFIGURED)


if __name__ == "__main__":
    main(sys.argv)
