"""Reading a producer's log: one Protocol, so that consumers do not care where the producer lives."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from django.db import connections

from shared_kernel import contexts
from shared_kernel.events.envelope import Envelope

# How far one read looks for events of the wanted names before it answers that there are none so far.
WINDOW = 5000

_READ = """
select h.last_seq, h.epoch, h.archived_seq, l.*
from event_head h left join lateral (
  select event_id, seq, name, aggregate, sequence, occurred_at, correlation_id, causation_id, traceparent, payload::text
  from event_log
  where seq > %(after)s::bigint and seq <= least(%(after)s::bigint + %(window)s::bigint, h.last_seq)
    and name = any(%(names)s::text[])
  order by seq limit %(limit)s::int
) l on true
order by l.seq
"""


@dataclass(frozen=True, kw_only=True)
class FeedPage:
    """A stretch of a log: the wanted events in it, and up to which seq it was looked through.

    `head_seq` is the end of the log, `archived_seq` the last event that has left it; `epoch` tells one log from
    another.
    """

    events: list[Envelope]
    last_seq: int
    epoch: UUID
    head_seq: int
    archived_seq: int


class Feed(Protocol):
    """The log of one producer, wherever it is."""

    def read(self, *, after_seq: int, limit: int, names: Collection[str]) -> FeedPage:
        """The next at most `limit` events of these names after `after_seq`.

        Raises:
            Unavailable: the producer cannot be reached now.
        """


class NoFeed(LookupError):
    """Nothing in this process leads to the log of a producer."""


class LocalFeed:
    """The log of a producer that this process hosts."""

    def __init__(self, producer: str) -> None:
        self._producer = producer

    def read(self, *, after_seq: int, limit: int, names: Collection[str]) -> FeedPage:
        # One statement, one snapshot: whatever last_seq says is there, is there.
        with connections[self._producer].cursor() as cursor:
            cursor.execute(_READ, {"after": after_seq, "window": WINDOW, "names": list(names), "limit": limit})
            rows = cursor.fetchall()
        head_seq, epoch, archived_seq = rows[0][:3]
        events = [_envelope(row[3:]) for row in rows if row[3] is not None]
        looked_through = max(after_seq, min(after_seq + WINDOW, head_seq))
        return FeedPage(
            events=events,
            last_seq=events[-1].seq if len(events) == limit else looked_through,
            epoch=epoch,
            head_seq=head_seq,
            archived_seq=archived_seq,
        )


def feed_of(producer: str) -> Feed:
    """The feed through which this process reads a producer's log.

    Raises:
        NoFeed: the producer is not hosted here, and no other way to it is configured.
    """
    if any(context.name == producer for context in contexts.hosted()):
        return LocalFeed(producer)
    raise NoFeed(f"{producer} is not hosted by this process")


def _envelope(row: tuple[Any, ...]) -> Envelope:
    (event_id, seq, name, aggregate, sequence, occurred_at, correlation_id, causation_id, traceparent, payload) = row
    return Envelope(
        id=event_id,
        seq=seq,
        name=name,
        aggregate=aggregate,
        sequence=sequence,
        occurred_at=occurred_at,
        correlation_id=correlation_id,
        causation_id=causation_id,
        traceparent=traceparent,
        payload=payload,
    )
