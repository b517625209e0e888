"""Placing: what was held in stock becomes an order, as a snapshot, with the saga that carries it on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from inventory.api import ReservationEnded, ReservationState, ReservationSummary
from orders.api import OrderStatus
from orders.checkout import log, progress
from orders.checkout.versions import CURRENT
from orders.events import OrderPlaced, PlacedLine
from orders.models import ORDERS, CheckoutSaga, Order, OrderAddress, OrderLine
from orders.policies import OrderPaymentStatus, is_too_large, line_total, order_total, payable_until
from shared_kernel import transactions
from shared_kernel.errors import Invalid, Rejected
from shared_kernel.events import outbox
from shared_kernel.ids import new_id
from shared_kernel.money import Money

# The thread that places an order drives its first step itself; the relay takes over if it does not live to do so.
_HEAD_START = timedelta(seconds=10)


@dataclass(kw_only=True, eq=False)
class OrderTotalChanged(Rejected):
    """The total is no longer the one the buyer saw."""

    code = "price_changed"
    summary = "The total of the order has changed."

    expected_total: Money
    total: Money


@dataclass(kw_only=True, eq=False)
class OrderTooLarge(Invalid):
    """The total is beyond what one order can be."""

    code = "order_too_large"
    summary = "The total of the order is too large."


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Who orders, to where, paid how: a customer, or a guest by e-mail address; a provider's token, never card data."""

    customer_id: UUID | None
    email: str | None
    method: str
    token: str = field(repr=False)
    shipping_address: Mapping[str, str | None] = field(repr=False)
    billing_address: Mapping[str, str | None] | None = field(default=None, repr=False)
    expected_total: Money | None = None
    actor: str = "system"


def place_order(
    *, order_id: UUID, reservation: ReservationSummary, placement: Placement, now: datetime
) -> tuple[Order, CheckoutSaga]:
    """Write down an order for stock that is held for it; payment begins with the first step of the saga.

    Raises:
        OrderTotalChanged: the buyer expected another total.
        OrderTooLarge: the total is no possible amount.
        ReservationEnded: the hold is over, or what is left of it is too short to pay in.
    """
    transactions.require(ORDERS)
    total = _checked_total(reservation, placement)
    deadline = payable_until(method=placement.method, now=now, held_until=reservation.expires_at)
    if reservation.state is not ReservationState.HELD:
        raise ReservationEnded(order_id=order_id, state=reservation.state)
    if deadline <= now:
        raise ReservationEnded(order_id=order_id, state=ReservationState.EXPIRED)
    payment_id = new_id() if total.amount else None
    order = Order.objects.create(
        id=order_id,
        number=Order.objects.next_number(),
        status=OrderStatus.PENDING_PAYMENT,
        customer_id=placement.customer_id,
        email=placement.email,
        currency=total.currency,
        total=total.amount,
        placed_at=now,
        created_at=now,
        updated_at=now,
        payable_until=deadline,
        payment_id=payment_id,
        payment_status=OrderPaymentStatus.PROCESSING if payment_id else OrderPaymentStatus.NOT_REQUIRED,
    )
    _write_parts(order, reservation, placement)
    outbox.record(_placed(order, reservation), aggregate=order)
    return order, _begin_checkout(order, placement, now)


def _checked_total(reservation: ReservationSummary, placement: Placement) -> Money:
    lines = [line_total(unit_price=line.unit_price, quantity=line.quantity) for line in reservation.lines]
    total = order_total(reservation.currency, lines)
    if placement.expected_total is not None and placement.expected_total != total:
        raise OrderTotalChanged(expected_total=placement.expected_total, total=total)
    if is_too_large(total):
        raise OrderTooLarge
    return total


def _write_parts(order: Order, reservation: ReservationSummary, placement: Placement) -> None:
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            position=position,
            variant_id=line.variant_id,
            product_id=line.product_id,
            sku=line.sku,
            title=line.title,
            quantity=line.quantity,
            unit_price=line.unit_price.amount,
            total=line_total(unit_price=line.unit_price, quantity=line.quantity).amount,
        )
        for position, line in enumerate(reservation.lines, start=1)
    )
    addresses = [(OrderAddress.Kind.SHIPPING, placement.shipping_address)]
    if placement.billing_address is not None:
        addresses.append((OrderAddress.Kind.BILLING, placement.billing_address))
    OrderAddress.objects.bulk_create(OrderAddress(order=order, kind=kind, **address) for kind, address in addresses)


def _placed(order: Order, reservation: ReservationSummary) -> OrderPlaced:
    return OrderPlaced(
        order_id=order.id,
        number=order.number,
        customer_id=order.customer_id,
        total=order.total_money,
        lines=[
            PlacedLine(variant_id=line.variant_id, quantity=line.quantity, unit_price=line.unit_price)
            for line in reservation.lines
        ],
    )


def _begin_checkout(order: Order, placement: Placement, now: datetime) -> CheckoutSaga:
    saga = CheckoutSaga(
        order=order,
        definition=CURRENT.version,
        started_at=now,
        deadline=order.payable_until,
        payment_id=order.payment_id,
        payment_method={"type": placement.method, "token": placement.token},
    )
    start = CURRENT.initial if order.payment_id else CURRENT.initial_when_free
    progress.begin(saga, order=order, state=start, now=now, head_start=_HEAD_START)
    log.write(saga, at=now, step="place_order", from_state=saga.state, outcome="done", actor=placement.actor)
    return saga
