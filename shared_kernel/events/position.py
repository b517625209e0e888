"""How far a partition of a subscription is, and the compare-and-set that moves it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import connections

from shared_kernel.events.registry import Subscription


class NotOwner(Exception):
    """Another process works on this partition, or has moved it meanwhile; it has the news, so nothing is lost."""


class PartitionsChanged(RuntimeError):
    """A subscription is declared with another number of partitions than it has cursors.

    An operator drains all of them to one common seq first, then rewrites the rows.
    """


@dataclass(frozen=True, kw_only=True)
class Position:
    """Everything up to `cursor` of the log `epoch` (None before the first read) has taken effect."""

    cursor: int
    epoch: UUID | None


def read(subscription: Subscription, partition: int) -> Position:
    """The position of one partition; a new subscription begins at the start of the log.

    Raises:
        PartitionsChanged: the cursors do not fit the declaration.
    """
    with connections[subscription.consumer].cursor() as cursor:
        cursor.execute("select partition, cursor, epoch from event_subscription where name = %s", [subscription.name])
        rows = {row[0]: Position(cursor=row[1], epoch=row[2]) for row in cursor.fetchall()}
    if not rows:
        _begin(subscription)
        return Position(cursor=0, epoch=None)
    if sorted(rows) != list(range(subscription.partitions)):
        raise PartitionsChanged(
            f"{subscription.name} has {len(rows)} cursors and is declared with {subscription.partitions} partitions"
        )
    return rows[partition]


def own(subscription: Subscription, partition: int, position: Position) -> None:
    """Lock the partition in the open transaction and assert that it still is where it was read.

    Raises:
        NotOwner: somebody else holds it, or has moved it.
    """
    with connections[subscription.consumer].cursor() as cursor:
        cursor.execute(
            "select cursor from event_subscription where name = %s and partition = %s::int for update skip locked",
            [subscription.name, partition],
        )
        row = cursor.fetchone()
    if row is None or row[0] != position.cursor:
        raise NotOwner


def move(subscription: Subscription, partition: int, position: Position, to: Position) -> None:
    """Move the cursor in the open transaction, together with the effects that it speaks of.

    Raises:
        NotOwner: it no longer is where it was.
    """
    with connections[subscription.consumer].cursor() as cursor:
        cursor.execute(
            "update event_subscription set cursor = %s::bigint, epoch = %s::uuid, moved_at = now()"
            " where name = %s and partition = %s::int and cursor = %s::bigint",
            [to.cursor, to.epoch, subscription.name, partition, position.cursor],
        )
        if cursor.rowcount != 1:
            raise NotOwner


def _begin(subscription: Subscription) -> None:
    with connections[subscription.consumer].cursor() as cursor:
        cursor.execute(
            "insert into event_subscription (name, partition, cursor)"
            " select %s, p, 0 from generate_series(0, %s::int - 1) p on conflict do nothing",
            [subscription.name, subscription.partitions],
        )
