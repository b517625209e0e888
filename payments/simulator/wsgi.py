"""The simulator as a WSGI application: `gunicorn payments.simulator.wsgi:application`.

It reads SIM_DATABASE_URL (a libpq address of its own role) and SIM_PROVIDER_SECRET (or SIM_PROVIDER_SECRET_FILE).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from payments.simulator.routes import Simulator
from payments.simulator.storage import Storage


def from_environment(values: Mapping[str, str]) -> Simulator:
    """The simulator that the environment describes, its tables made.

    Raises:
        SystemExit: a variable is missing; the message says which.
    """
    conninfo = values.get("SIM_DATABASE_URL")
    path = values.get("SIM_PROVIDER_SECRET_FILE")
    secret = Path(path).read_text(encoding="utf-8").removesuffix("\n") if path else values.get("SIM_PROVIDER_SECRET")
    if not conninfo:
        sys.exit("SIM_DATABASE_URL is not set: the payment simulator keeps its ledger there.")
    if not secret:
        sys.exit("SIM_PROVIDER_SECRET is not set: callers of the payment simulator prove themselves with it.")
    storage = Storage(conninfo)
    storage.open()
    return Simulator(storage, secret=secret)


application = from_environment(os.environ)
