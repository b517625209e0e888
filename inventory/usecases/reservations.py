"""Setting stock aside for an order, and what becomes of it: promised, shipped, given back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from inventory.api import InvalidReservation, ReservationEnded, ReservationLine, ReservationState
from inventory.events import ReservedUnits, StockCommitted, StockConsumed, StockReleased, StockReserved
from inventory.models import (
    INVENTORY,
    Reservation,
    ReservationAllocation,
    StockLevel,
)
from inventory.models import ReservationLine as Line
from inventory.policies import (
    BUCKET_OF_STATE,
    MAX_HOLD_SECONDS,
    MAX_LINES,
    MAX_UNITS,
    Bucket,
    MovementReason,
    Shelf,
    allocate,
    summed_quantities,
)
from inventory.usecases import quotes
from inventory.usecases.expiry import end_holds, lapsed_holds
from inventory.usecases.quotes import Quote
from inventory.usecases.unit_moves import UnitMove, lock_and_move, move_units
from shared_kernel import transactions
from shared_kernel.events import outbox


def reserve_stock(
    *, order_id: UUID, currency: str, lines: Sequence[ReservationLine], hold_seconds: int, now: datetime
) -> Reservation:
    """Price and hold stock for an order, all lines or none; a repeat answers with the hold as it is.

    The stock levels are what buyers fight for, so they are locked last: first everything that needs no lock, then the
    reservation's own rows and event, then holds of others that have run out, in order of id, and the levels in order of
    (variant, location). Two transactions that keep this order never wait for each other in a circle.

    Raises:
        InvalidReservation: the request is out of bounds in itself.
        InsufficientStock: names each variant that falls short and how many units are left.
        UnknownVariants: some variants do not exist or are not for sale.
        CurrencyNotOffered: some variants have no price in this currency.
        PriceChanged: an expected price is no longer the price.
    """
    transactions.require(INVENTORY)
    _refuse_out_of_bounds(lines, hold_seconds)
    earlier = Reservation.objects.filter(order_id=order_id).first()
    if earlier is not None:
        return earlier
    wanted = summed_quantities(lines)
    offers = quotes.quote(variant_ids=wanted, currency=currency, now=now)
    quotes.refuse_unsellable(offers, wanted=wanted, currency=currency)
    quotes.refuse_other_prices(offers, lines)
    # Already sold out in this snapshot: refused without a lock, so that a rush for nothing costs the winners nothing.
    quotes.refuse_shortages({offer.variant_id: offer.left for offer in offers.values()}, wanted=wanted)
    reservation = Reservation(
        order_id=order_id,
        state=ReservationState.HELD,
        currency=currency,
        expires_at=now + timedelta(seconds=hold_seconds),
        due_at=now + timedelta(seconds=hold_seconds),
        created_at=now,
        updated_at=now,
    )
    if not _open(reservation):
        return Reservation.objects.of_order(order_id)
    sold = _write_lines(reservation, wanted, offers)
    units = [ReservedUnits(variant_id=variant_id, quantity=quantity) for variant_id, quantity in wanted.items()]
    outbox.record(StockReserved(reservation_id=reservation.id, order_id=order_id, units=units), aggregate=reservation)
    returned = _take_back_lapsed(wanted, offers, now)
    _hold(reservation, sold, returned, now)
    return reservation


def commit_stock(*, order_id: UUID, now: datetime) -> Reservation:
    """Promise the held units to a confirmed order; committed or consumed stays as it is.

    Raises:
        ReservationNotFound: nothing was ever held.
        ReservationEnded: the hold was released or has expired.
    """
    reservation = _locked(order_id)
    state = reservation.state_at(now)
    if state in (ReservationState.COMMITTED, ReservationState.CONSUMED):
        return reservation
    if state is not ReservationState.HELD:
        raise ReservationEnded(order_id=order_id, state=state)
    reservation.commit(at=now)
    outbox.record(StockCommitted(reservation_id=reservation.id, order_id=order_id), aggregate=reservation)
    _settle(
        reservation,
        {Bucket.RESERVED: -1, Bucket.COMMITTED: 1},
        reason=MovementReason.COMMITTED,
        now=now,
    )
    return reservation


def consume_stock(*, order_id: UUID, now: datetime) -> Reservation:
    """Take the promised units off the shelf; consumed stays as it is.

    Raises:
        ReservationNotFound: nothing was ever held.
        ReservationEnded: the hold is not committed any more, or not yet.
    """
    reservation = _locked(order_id)
    state = reservation.state_at(now)
    if state is ReservationState.CONSUMED:
        return reservation
    if state is not ReservationState.COMMITTED:
        raise ReservationEnded(order_id=order_id, state=state)
    reservation.consume(at=now)
    outbox.record(StockConsumed(reservation_id=reservation.id, order_id=order_id), aggregate=reservation)
    _settle(reservation, {Bucket.COMMITTED: -1, Bucket.ON_HAND: -1}, reason=MovementReason.CONSUMED, now=now)
    return reservation


def release_stock(*, order_id: UUID, reason: str, now: datetime) -> Reservation:
    """Give held or promised units back; a hold that is over stays as it is, one that has run out ends as expired.

    Raises:
        ReservationNotFound: nothing was ever held.
        ReservationEnded: the units were consumed.
    """
    reservation = _locked(order_id)
    state = reservation.state_at(now)
    if state is ReservationState.CONSUMED:
        raise ReservationEnded(order_id=order_id, state=state)
    if state is ReservationState.EXPIRED and reservation.state == ReservationState.HELD:
        lock_and_move(end_holds([reservation], now=now), at=now)
    if state in (ReservationState.RELEASED, ReservationState.EXPIRED):
        return reservation
    bucket = BUCKET_OF_STATE[state]
    reservation.release(at=now)
    released = StockReleased(reservation_id=reservation.id, order_id=order_id, reason=reason)
    outbox.record(released, aggregate=reservation)
    _settle(reservation, {bucket: -1}, reason=MovementReason.RELEASED, now=now)
    return reservation


def _refuse_out_of_bounds(lines: Sequence[ReservationLine], hold_seconds: int) -> None:
    quantities_fit = all(1 <= line.quantity <= MAX_UNITS for line in lines)
    if not (1 <= len(lines) <= MAX_LINES and quantities_fit and 1 <= hold_seconds <= MAX_HOLD_SECONDS):
        raise InvalidReservation


def _open(reservation: Reservation) -> bool:
    """Insert the reservation; False when the order has one by now, after waiting for whoever was making it."""
    Reservation.objects.bulk_create([reservation], ignore_conflicts=True)
    return Reservation.objects.filter(pk=reservation.pk).exists()


def _write_lines(reservation: Reservation, wanted: dict[UUID, int], offers: dict[UUID, Quote]) -> list[Line]:
    sold = []
    for position, (variant_id, quantity) in enumerate(wanted.items(), start=1):
        offer = offers[variant_id]
        assert offer.unit_price is not None  # noqa: S101 - refused above otherwise; this tells the type checker
        sold.append(
            Line(
                reservation=reservation,
                variant_id=variant_id,
                product_id=offer.product_id,
                position=position,
                sku=offer.sku,
                title=offer.title,
                quantity=quantity,
                unit_amount=offer.unit_price.amount,
            )
        )
    return Line.objects.bulk_create(sold)


def _take_back_lapsed(wanted: dict[UUID, int], offers: dict[UUID, Quote], now: datetime) -> list[UnitMove]:
    """End holds of others that have run out: a first batch always, more only while there is too little without them."""
    contested = [variant_id for variant_id in wanted if offers[variant_id].lapsed]
    returned: list[UnitMove] = []
    if not contested:
        return returned
    short = {variant_id: wanted[variant_id] - offers[variant_id].free for variant_id in contested}
    for holds in lapsed_holds(variant_ids=contested, now=now):
        returned += end_holds(holds, now=now)
        for variant_id, quantity in _units_of(holds):
            if variant_id in short:
                short[variant_id] -= quantity
        if max(short.values()) <= 0:
            break
    return returned


def _hold(reservation: Reservation, sold: list[Line], returned: list[UnitMove], now: datetime) -> None:
    """Lock the levels, choose shelves, and count; everything before this waited for nobody's hot row."""
    coming_back: dict[UUID, int] = {}
    for move in returned:
        coming_back[move.level_id] = coming_back.get(move.level_id, 0) - move.delta
    levels = StockLevel.objects.locked_for([line.variant_id for line in sold], also=coming_back)
    shelves: dict[UUID, list[Shelf]] = {}
    for level in sorted(levels, key=lambda level: (level.location.position, level.location_id)):
        available = level.available + coming_back.get(level.id, 0)
        shelves.setdefault(level.variant_id, []).append(Shelf(level_id=level.id, available=available))
    quotes.refuse_shortages(
        {variant_id: sum(shelf.available for shelf in places) for variant_id, places in shelves.items()},
        wanted={line.variant_id: line.quantity for line in sold},
    )
    allocations = [
        ReservationAllocation(line=line, level_id=taking.level_id, quantity=taking.quantity)
        for line in sold
        for taking in allocate(line.quantity, shelves[line.variant_id]) or []
    ]
    ReservationAllocation.objects.bulk_create(allocations)
    held = [
        UnitMove(
            level_id=allocation.level_id,
            bucket=Bucket.RESERVED,
            delta=allocation.quantity,
            reason=MovementReason.RESERVED,
            reference=reservation.id,
        )
        for allocation in allocations
    ]
    move_units([*returned, *held], at=now)


def _locked(order_id: UUID) -> Reservation:
    transactions.require(INVENTORY)
    return Reservation.objects.locked().of_order(order_id)


def _settle(reservation: Reservation, factors: dict[Bucket, int], *, reason: MovementReason, now: datetime) -> None:
    """Move every unit of the reservation into (factor 1) or out of (-1) the given buckets."""
    allocations = ReservationAllocation.objects.filter(line__reservation=reservation)
    lock_and_move(
        [
            UnitMove(
                level_id=allocation.level_id,
                bucket=bucket,
                delta=factor * allocation.quantity,
                reason=reason,
                reference=reservation.id,
            )
            for allocation in allocations
            for bucket, factor in factors.items()
        ],
        at=now,
    )


def _units_of(holds: Sequence[Reservation]) -> list[tuple[UUID, int]]:
    return list(Line.objects.filter(reservation__in=holds).values_list("variant_id", "quantity"))
