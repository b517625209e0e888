"""The time of day: the server's clock in production, shifted by an offset row in test mode."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol

from django.conf import settings
from django.db import connections, models

# Both are plain SQL functions of one expression; the planner inlines the first, so an index on a time column is used.
PRODUCTION_SQL = """
create or replace function ashlar_now() returns timestamptz
language sql stable parallel safe as $$ select now() $$
"""
TEST_SQL = """
create or replace function ashlar_now() returns timestamptz
language sql stable parallel safe as $$
  select now() + coalesce((select o.shift from clock_offset o), interval '0')
$$
"""


class TestClockOff(RuntimeError):
    """Somebody tried to move the clock outside test mode."""


class Cursor(Protocol):
    """The part of a database cursor that `install` needs."""

    def execute(self, query: str, /) -> object:
        """Run one statement."""


class AshlarNow(models.Func):
    """`ashlar_now()` in a query; aware UTC, the start of the transaction."""

    function = "ashlar_now"
    template = "%(function)s()"
    output_field = models.DateTimeField()


def test_mode() -> bool:
    """Whether this process runs with the movable clock."""
    return bool(getattr(settings, "ASHLAR_TEST_MODE", False))


def install(cursor: Cursor, *, test_mode: bool) -> None:
    """Create `ashlar_now()` in the schema of `cursor`, which connects as its owner; after migrating, at every start."""
    cursor.execute(TEST_SQL if test_mode else PRODUCTION_SQL)


def now(using: str) -> datetime:
    """The present moment, aware UTC, as the context of the alias `using` sees it."""
    return database_now(using) if test_mode() else datetime.now(UTC)


def database_now(using: str) -> datetime:
    """The same by the clock of the database alone, aware UTC; inside a transaction the moment it began.

    For leases and windows that one host opens and another one judges, where their own clocks may differ.
    """
    with connections[using].cursor() as cursor:
        cursor.execute("select ashlar_now()")
        moment: datetime = cursor.fetchone()[0]
    return moment.astimezone(UTC)


def advance(using: str, seconds: float) -> datetime:
    """Move the clock of one context forward, wake its timers, and return the new time.

    Raises:
        TestClockOff: this process is not in test mode.
        ValueError: time does not run backwards.
    """
    if not test_mode():
        raise TestClockOff("the clock moves only in test mode")
    if seconds < 0:
        raise ValueError("the clock moves forward only")
    with connections[using].cursor() as cursor:
        cursor.execute(
            "insert into clock_offset as o (one, shift) values (true, make_interval(secs => %s::float8))"
            " on conflict (one) do update set shift = o.shift + excluded.shift",
            [seconds],
        )
        # Unconditional, unlike the doorbell of a business transaction: timers may be due and nobody else says so.
        cursor.execute("select pg_notify('ashlar_' || current_schema(), '')")
    return now(using)
