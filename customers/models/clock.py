"""The clock of customers: the database's, so that windows and leases hold between hosts whose clocks differ."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connections

# The database alias on which entry points open their transactions.
CUSTOMERS = "customers"


def database_now() -> datetime:
    """The present moment, aware UTC; inside a transaction the moment it began."""
    with connections[CUSTOMERS].cursor() as cursor:
        cursor.execute("select ashlar_now()")
        moment: datetime = cursor.fetchone()[0]
    return moment.astimezone(UTC)
