"""Calling an order off: one operation, after which money and stock find their way back whoever asked for it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from orders.api import OrderStatus
from orders.checkout import progress
from orders.events import OrderCanceled
from orders.models import ORDERS, CheckoutSaga, Order
from orders.policies import CancelReason
from shared_kernel import transactions
from shared_kernel.errors import InvalidStateTransition
from shared_kernel.events import outbox


def cancel_order(*, order_id: UUID, reason: CancelReason, actor: str, now: datetime) -> Order:
    """Call off an order that has not shipped; a canceled one stays as it is.

    Stock and money follow by the saga, exactly once, also while a payment is on its way.

    Raises:
        OrderNotFound: no order has this id.
        InvalidStateTransition: it is completed or has expired.
    """
    transactions.require(ORDERS)
    order = Order.objects.locked(order_id)
    if order.status == OrderStatus.CANCELED:
        return order
    order.cancel(reason=reason, at=now)
    outbox.record(OrderCanceled(order_id=order.id, reason=reason, actor=actor), aggregate=order)
    saga = CheckoutSaga.objects.of(order)
    saga.reason = reason
    if not progress.advance(
        order=order, saga=saga, outcome="order_canceled", step="cancel_order", now=now, detail=reason, actor=actor
    ):
        raise RuntimeError(f"version {saga.definition} of the checkout cannot cancel from {saga.state}")
    return order


def return_money_again(*, order_id: UUID, actor: str, now: datetime) -> Order:
    """Try once more to send money back, after a provider refused and staff looked into it.

    Raises:
        OrderNotFound: no order has this id.
        InvalidStateTransition: no refused return waits for staff.
    """
    transactions.require(ORDERS)
    order = Order.objects.locked(order_id)
    moved = False
    for saga in CheckoutSaga.objects.select_for_update(no_key=True).filter(order=order).order_by("id"):
        moved |= progress.advance(
            order=order, saga=saga, outcome="return_requested", step="return_money", now=now, actor=actor
        )
    if not moved:
        raise InvalidStateTransition(resource="order", state=order.status, command="return_money", allowed_commands=[])
    return order
