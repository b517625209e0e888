"""Paying again: an order whose payment was declined takes another one while its window is open."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from orders.api import OrderStatus
from orders.checkout import progress
from orders.events import OrderPaymentRequested
from orders.models import ORDERS, CheckoutSaga, Order
from orders.policies import allowed_actions
from shared_kernel import transactions
from shared_kernel.errors import InvalidStateTransition
from shared_kernel.events import outbox
from shared_kernel.ids import new_id


def request_payment(*, order_id: UUID, method: str, token: str, actor: str, now: datetime) -> Order:
    """Start another payment, by a new id, for an order that waits for one.

    Raises:
        OrderNotFound: no order has this id.
        InvalidStateTransition: a payment is on its way or done, or the order is over.
    """
    transactions.require(ORDERS)
    order = Order.objects.locked(order_id)
    saga = CheckoutSaga.objects.of(order)
    if not is_payable(saga, now):
        waits = order.status == OrderStatus.PENDING_PAYMENT
        raise InvalidStateTransition(
            resource="payment" if waits else "order",
            state=order.payment_status if waits else order.status,
            command="pay",
            allowed_commands=allowed_actions(status=order.status, actor=actor, payable=False),
        )
    payment_id = new_id()
    saga.payment_id = payment_id
    saga.capture_id = saga.capture_amount = None
    saga.captured = saga.refunded = 0
    saga.payment_method = {"type": method, "token": token}
    order.begin_payment(payment_id=payment_id, at=now)
    progress.advance(order=order, saga=saga, outcome="payment_requested", step="request_payment", now=now, actor=actor)
    outbox.record(OrderPaymentRequested(order_id=order.id, payment_id=payment_id), aggregate=order)
    return order


def is_payable(saga: CheckoutSaga, now: datetime) -> bool:
    """Whether the order of this saga takes another payment now."""
    return saga.waiting_for == progress.ANOTHER_PAYMENT and now < saga.deadline
