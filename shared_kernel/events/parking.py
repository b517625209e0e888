"""Parked events: the one that failed, those of its aggregate behind it, and when each is tried again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import connections

from shared_kernel import failures
from shared_kernel.backoff import Backoff
from shared_kernel.events.envelope import Envelope
from shared_kernel.events.position import NotOwner
from shared_kernel.events.registry import Subscription

MAX_ATTEMPTS = 8

# 1 s, 4 s, 16 s … 10 min: eight tries take about half an hour, long enough for most outages of something else.
BACKOFF = Backoff(first=timedelta(seconds=1), factor=4, limit=timedelta(minutes=10))

_PARK = """
insert into event_parked (subscription, partition, seq, name, aggregate, attempts, next_at, parked_at, last_error)
values (%s, %s::int, %s::bigint, %s, %s, %s::int, ashlar_now() + make_interval(secs => %s::float8), ashlar_now(), %s)
"""

# The first parked event of each aggregate, if its time has come; the others wait for it.
_READY = """
select p.id, p.seq, p.name, p.attempts from event_parked p
where p.subscription = %s and p.partition = %s::int and p.dead_at is null
  and (p.next_at is null or p.next_at <= ashlar_now())
  and not exists (
    select 1 from event_parked q
    where q.subscription = p.subscription and q.aggregate = p.aggregate and q.seq < p.seq)
order by p.seq limit %s::int
"""


@dataclass(frozen=True, kw_only=True)
class Parked:
    """A parked event whose turn it is; `attempts` is how often it was tried."""

    id: int
    seq: int
    name: str
    attempts: int


def park(subscription: Subscription, event: Envelope, error: BaseException) -> None:
    """Set a failed event aside, in the transaction that moves the cursor past it."""
    _insert(subscription, event, attempts=1, delay=BACKOFF.delay(1).total_seconds(), error=failures.describe(error))


def queue(subscription: Subscription, event: Envelope) -> None:
    """Put an event behind an earlier one of its aggregate, in the transaction that moves the cursor past it."""
    _insert(subscription, event, attempts=0, delay=None, error=None)


def blocked(subscription: Subscription, aggregates: Collection[UUID]) -> set[UUID]:
    """Those of `aggregates` that have an event parked."""
    with connections[subscription.consumer].cursor() as cursor:
        cursor.execute(
            "select distinct aggregate from event_parked where subscription = %s and aggregate = any(%s::uuid[])",
            [subscription.name, list(aggregates)],
        )
        return {row[0] for row in cursor.fetchall()}


def ready(subscription: Subscription, partition: int, *, limit: int = 100) -> list[Parked]:
    """The parked events whose turn has come, in log order."""
    with connections[subscription.consumer].cursor() as cursor:
        cursor.execute(_READY, [subscription.name, partition, limit])
        return [Parked(id=row[0], seq=row[1], name=row[2], attempts=row[3]) for row in cursor.fetchall()]


def claim(subscription: Subscription, parked: Parked) -> bool:
    """Count the coming attempt, in a transaction of its own, so that one which kills the process is counted too.

    False if another process came first, or if the attempts are used up and the event is now dead.
    """
    used_up = parked.attempts >= MAX_ATTEMPTS
    with connections[subscription.consumer].cursor() as cursor:
        cursor.execute(
            "update event_parked set attempts = attempts + %s::int,"
            " next_at = ashlar_now() + make_interval(secs => %s::float8),"
            " dead_at = case when %s::bool then ashlar_now() end"
            " where id = %s::bigint and attempts = %s::int and dead_at is null",
            [int(not used_up), BACKOFF.delay(parked.attempts + 1).total_seconds(), used_up, parked.id, parked.attempts],
        )
        return cursor.rowcount == 1 and not used_up


def settle(subscription: Subscription, parked: Parked) -> None:
    """Take the event off, in the transaction of its effects.

    Raises:
        NotOwner: somebody else has it in hand or has settled it.
    """
    with connections[subscription.consumer].cursor() as cursor:
        cursor.execute(
            "delete from event_parked where id = any(array("
            " select id from event_parked where id = %s::bigint and attempts = %s::int for update skip locked))",
            [parked.id, parked.attempts + 1],
        )
        if cursor.rowcount != 1:
            raise NotOwner


def fail(subscription: Subscription, parked: Parked, error: BaseException) -> bool:
    """Note why the claimed attempt failed; True if it was the last one."""
    dead = parked.attempts + 1 >= MAX_ATTEMPTS
    with connections[subscription.consumer].cursor() as cursor:
        cursor.execute(
            "update event_parked set last_error = %s, dead_at = case when %s::bool then ashlar_now() end"
            " where id = %s::bigint and attempts = %s::int",
            [failures.describe(error), dead, parked.id, parked.attempts + 1],
        )
    return dead


def _insert(
    subscription: Subscription, event: Envelope, *, attempts: int, delay: float | None, error: str | None
) -> None:
    with connections[subscription.consumer].cursor() as cursor:
        cursor.execute(
            _PARK,
            [
                subscription.name,
                subscription.partition_of(event.aggregate),
                event.seq,
                event.name,
                event.aggregate,
                attempts,
                delay,
                error,
            ],
        )
