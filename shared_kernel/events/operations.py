"""What an operator may see and do about subscriptions: lag, parked events, retry, skip, replay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connections, transaction

from shared_kernel.events import position, registry
from shared_kernel.events.feed import NoFeed, feed_of
from shared_kernel.events.registry import Subscription
from shared_kernel.models import ParkedEvent, SubscriptionCursor
from shared_kernel.models.due import wake


class Refused(RuntimeError):
    """The operation would lose or repeat something; the message says what and how to insist."""


@dataclass(frozen=True, kw_only=True)
class Lag:
    """How one partition of a subscription stands; `head` is None where the producer's log is out of reach.

    `behind` counts events of any name, `waiting` those parked, `dead` those among them that only an operator moves.
    """

    subscription: str
    partition: int
    producer: str
    cursor: int
    head: int | None
    moved_at: datetime | None
    waiting: int
    dead: int
    log_replaced: bool

    @property
    def behind(self) -> int | None:
        """How many events of the log are still to be looked at."""
        return None if self.head is None else max(0, self.head - self.cursor)


def lags(context: str) -> list[Lag]:
    """How every subscription of a context stands."""
    return [_lag(one, partition) for one in registry.subscriptions(context) for partition in range(one.partitions)]


def parked(context: str, *, subscription: str | None = None, dead: bool = False, limit: int = 100) -> list[ParkedEvent]:
    """Parked events of a context in order of subscription and log, the dead ones only if asked."""
    found = ParkedEvent.objects.using(context).order_by("subscription", "seq")
    if subscription is not None:
        found = found.filter(subscription=subscription)
    if dead:
        found = found.filter(dead_at__isnull=False)
    return list(found[:limit])


def retry(name: str, seq: int | None = None) -> int:
    """Have parked events of a subscription tried again now, with all tries before them: one, or all that failed.

    Raises:
        LookupError: there is no such subscription.
    """
    subscription = registry.get_subscription(name)
    with connections[subscription.consumer].cursor() as cursor:
        cursor.execute(
            "update event_parked set attempts = 0, next_at = ashlar_now(), dead_at = null"
            " where subscription = %s and (seq = %s::bigint or (%s::bigint is null and attempts > 0))",
            [name, seq, seq],
        )
        count: int = cursor.rowcount
    wake(subscription.consumer)
    return count


def skip(name: str, seq: int) -> bool:
    """Give up one parked event for good; those behind it go on. False if it is not parked.

    Raises:
        LookupError: there is no such subscription.
    """
    subscription = registry.get_subscription(name)
    count, _ = ParkedEvent.objects.using(subscription.consumer).filter(subscription=name, seq=seq).delete()
    wake(subscription.consumer)
    return count > 0


def replay(name: str, *, from_seq: int, insist: bool = False) -> None:
    """Have a subscription handle the log again from `from_seq` on, and take the log as it now is.

    Raises:
        Refused: it is not declared replayable, and nobody insists; or the log does not reach back so far.
        LookupError: there is no such subscription.
    """
    subscription = registry.get_subscription(name)
    if not subscription.replayable and not insist:
        raise Refused(f"{name} is not declared replayable: its effects would happen twice")
    page = feed_of(subscription.producer).read(after_seq=0, limit=1, names=[])
    if not page.archived_seq < from_seq <= page.head_seq + 1:
        raise Refused(
            f"{from_seq} is none of the events {page.archived_seq + 1} to {page.head_seq} in the log of"
            f" {subscription.producer}, nor the next"
        )
    alias = subscription.consumer
    # A subscription that never ran gets its cursors here.
    position.read(subscription, 0)
    with transaction.atomic(using=alias, durable=True):
        cursors = SubscriptionCursor.objects.using(alias).filter(name=name)
        # Waits for a consumer in the middle of a batch; its successor starts from the new place.
        list(cursors.select_for_update())
        cursors.update(cursor=from_seq - 1, epoch=None)
        ParkedEvent.objects.using(alias).filter(subscription=name, seq__gte=from_seq).delete()
    wake(alias)


def slowest_cursor(subscription: Subscription) -> int:
    """The last event a subscription needs no more: where its slowest cursor is, or before its first parked event."""
    alias = subscription.consumer
    cursors = SubscriptionCursor.objects.using(alias).filter(name=subscription.name).values_list("cursor", flat=True)
    waiting = ParkedEvent.objects.using(alias).filter(subscription=subscription.name).order_by("seq").first()
    reached = min(cursors) if len(cursors) == subscription.partitions else 0
    return reached if waiting is None else min(reached, waiting.seq - 1)


def _lag(subscription: Subscription, partition: int) -> Lag:
    alias = subscription.consumer
    row = SubscriptionCursor.objects.using(alias).filter(name=subscription.name, partition=partition).first()
    waiting = ParkedEvent.objects.using(alias).filter(subscription=subscription.name, partition=partition)
    head, epoch = _head(subscription.producer)
    return Lag(
        subscription=subscription.name,
        partition=partition,
        producer=subscription.producer,
        cursor=row.cursor if row else 0,
        head=head,
        moved_at=row.moved_at if row else None,
        waiting=waiting.count(),
        dead=waiting.filter(dead_at__isnull=False).count(),
        log_replaced=bool(row and row.epoch and epoch and row.epoch != epoch),
    )


def _head(producer: str) -> tuple[int | None, UUID | None]:
    try:
        page = feed_of(producer).read(after_seq=0, limit=1, names=[])
    except NoFeed:
        return None, None
    return page.head_seq, page.epoch
