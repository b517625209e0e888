"""Ending holds that have run out: by the next buyer of the same stock, or by the timer when nobody wants it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from uuid import UUID

from inventory.api import ReservationState
from inventory.events import ReservationExpired
from inventory.models import INVENTORY, Reservation, ReservationAllocation
from inventory.policies import Bucket, MovementReason
from inventory.usecases.unit_moves import UnitMove, lock_and_move
from shared_kernel import transactions
from shared_kernel.events import outbox

# How many holds of other buyers one request ends at a time; it goes on only while it is still short of stock.
BATCH = 20


def expire_reservation(*, reservation_id: UUID, now: datetime) -> None:
    """End one hold if its time is up, and end its timer if it is settled; otherwise set the timer right."""
    transactions.require(INVENTORY)
    reservation = Reservation.objects.locked().filter(pk=reservation_id).first()
    if reservation is None:
        return
    if reservation.state != ReservationState.HELD:
        reservation.finish()
    elif reservation.state_at(now) is ReservationState.HELD and reservation.expires_at is not None:
        reservation.schedule(reservation.expires_at)
    else:
        lock_and_move(end_holds([reservation], now=now), at=now)


def end_holds(reservations: Iterable[Reservation], *, now: datetime) -> list[UnitMove]:
    """Mark locked holds that have run out as expired; the moves that give their units back are the caller's to make.

    Apart from the moving, so that stock levels are locked once, last, and in one order.
    """
    ended = list(reservations)
    for reservation in ended:
        reservation.expire(at=now)
        outbox.record(
            ReservationExpired(reservation_id=reservation.id, order_id=reservation.order_id), aggregate=reservation
        )
    return [
        UnitMove(
            level_id=level_id,
            bucket=Bucket.RESERVED,
            delta=-quantity,
            reason=MovementReason.EXPIRED,
            reference=reservation_id,
        )
        for level_id, quantity, reservation_id in ReservationAllocation.objects.filter(
            line__reservation__in=ended
        ).values_list("level_id", "quantity", "line__reservation_id")
    ]


def lapsed_holds(*, variant_ids: Iterable[UUID], now: datetime) -> Iterator[list[Reservation]]:
    """Lock the holds on these variants that have run out, batch by batch, always in order of id.

    A buyer that waits here for another one finds, after that, only what the other left.
    """
    last = None
    variants = list(variant_ids)
    while True:
        rows = Reservation.objects.lapsed(now).on_variants(variants).locked()
        batch = list((rows.filter(pk__gt=last) if last else rows)[:BATCH])
        if batch:
            yield batch
            last = batch[-1].id
        if len(batch) < BATCH:
            return
