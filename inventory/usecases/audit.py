"""Recomputing from raw rows what must always hold of stock, and stating per order what inventory believes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import Any
from uuid import UUID

from django.db import connections

from inventory.api import ReservationState
from inventory.models import INVENTORY, Reservation
from shared_kernel.api import AuditFact, AuditFactPage, AuditFinding
from shared_kernel.ids import encode_id

# How long a hold may have run out before somebody should have ended it.
TIDY_WITHIN = timedelta(seconds=60)

# What orders must say of the stock of an order, by what inventory says of its reservation.
_STOCK_FACT = {
    ReservationState.ACTIVE: "held",
    ReservationState.HELD: "held",
    ReservationState.COMMITTED: "committed",
    ReservationState.CONSUMED: "consumed",
    ReservationState.RELEASED: "released",
    ReservationState.EXPIRED: "released",
}

# One snapshot each, so that orders coming in meanwhile do not look like mistakes.
_COUNTERS = """
with held as (
  select a.level_id,
         sum(a.quantity) filter (where r.state = 'held') as reserved,
         sum(a.quantity) filter (where r.state = 'committed') as committed
  from inventory_reservationallocation a
  join inventory_reservationline line on line.id = a.line_id
  join inventory_reservation r on r.id = line.reservation_id and r.state in ('held', 'committed')
  group by a.level_id
),
moved as (
  select level_id,
         sum(delta) filter (where bucket = 'on_hand') as on_hand,
         sum(delta) filter (where bucket = 'reserved') as reserved,
         sum(delta) filter (where bucket = 'committed') as committed
  from inventory_stockmovement group by level_id
),
compared as (
  select l.id, c.name, c.counter, c.holds, c.movements
  from inventory_stocklevel l
  left join held on held.level_id = l.id
  left join moved on moved.level_id = l.id
  cross join lateral (values
    ('on_hand', l.on_hand, null, coalesce(moved.on_hand, 0)),
    ('reserved', l.reserved, coalesce(held.reserved, 0), coalesce(moved.reserved, 0)),
    ('committed', l.committed, coalesce(held.committed, 0), coalesce(moved.committed, 0))
  ) as c (name, counter, holds, movements)
)
select id, name, counter, holds, movements from compared
where counter <> movements or counter <> holds or counter < 0
order by id, name limit %s
"""

_OVERSOLD = """
select id, on_hand, reserved, committed, safety_stock from inventory_stocklevel
where on_hand < reserved + committed + safety_stock order by id limit %s
"""

_ALLOCATIONS = """
select r.id, line.sku, line.quantity, coalesce(sum(a.quantity), 0)
from inventory_reservationline line
join inventory_reservation r on r.id = line.reservation_id
left join inventory_reservationallocation a on a.line_id = line.id
group by r.id, line.id
having line.quantity <> coalesce(sum(a.quantity), 0)
order by r.id, line.id limit %s
"""


def list_findings(*, now: datetime, limit: int) -> list[AuditFinding]:
    """At most `limit` violations of what must always hold of stock; empty when all is well."""
    found = chain(
        _unequal_counters(limit), _oversold_levels(limit), _unequal_allocations(limit), _untidied_holds(now, limit)
    )
    return list(islice(found, limit))


def list_facts(*, after: UUID | None, limit: int, now: datetime) -> AuditFactPage:
    """What inventory believes of the stock of at most `limit` orders whose id follows `after`."""
    rows = Reservation.objects.order_by("order_id")
    page = list((rows.filter(order_id__gt=after) if after else rows)[:limit])
    return AuditFactPage(
        facts=[_fact(reservation, now) for reservation in page],
        next_after=page[-1].order_id if len(page) == limit else None,
    )


def _fact(reservation: Reservation, now: datetime) -> AuditFact:
    state = reservation.state_at(now)
    ran_out = state is ReservationState.EXPIRED and reservation.state == ReservationState.HELD
    changed_at = reservation.expires_at if ran_out else None
    return AuditFact(
        order_id=reservation.order_id,
        topic="stock",
        value=_STOCK_FACT[state],
        changed_at=changed_at or reservation.updated_at,
    )


def _unequal_counters(limit: int) -> Iterator[AuditFinding]:
    for level_id, bucket, counter, holds, movements in _rows(_COUNTERS, limit):
        yield AuditFinding(
            invariant="stock_counters_add_up",
            subject=encode_id("lvl", level_id),
            detail=f"{bucket} is {counter}; holds make {'nothing' if holds is None else holds}, movements {movements}",
        )


def _oversold_levels(limit: int) -> Iterator[AuditFinding]:
    for level_id, on_hand, reserved, committed, safety_stock in _rows(_OVERSOLD, limit):
        yield AuditFinding(
            invariant="stock_never_oversold",
            subject=encode_id("lvl", level_id),
            detail=f"{on_hand} on hand, but {reserved} reserved, {committed} committed and {safety_stock} kept back",
        )


def _unequal_allocations(limit: int) -> Iterator[AuditFinding]:
    for reservation_id, sku, quantity, allocated in _rows(_ALLOCATIONS, limit):
        yield AuditFinding(
            invariant="reservations_are_whole",
            subject=encode_id("res", reservation_id),
            detail=f"{quantity} units of {sku}, but {allocated} on shelves",
        )


def _untidied_holds(now: datetime, limit: int) -> Iterator[AuditFinding]:
    for reservation in Reservation.objects.lapsed(now - TIDY_WITHIN).order_by("expires_at", "id")[:limit]:
        yield AuditFinding(
            invariant="holds_end_in_time",
            subject=encode_id("res", reservation.id),
            detail=f"still held, but it ran out at {reservation.expires_at:%Y-%m-%dT%H:%M:%SZ}",
        )


def _rows(statement: str, limit: int) -> list[tuple[Any, ...]]:
    with connections[INVENTORY].cursor() as cursor:
        cursor.execute(statement, [limit])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
