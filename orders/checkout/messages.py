"""Messages to the buyer: intended with the fact they tell of, then handed to customers."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from customers.api import CustomersApi, MessageTemplate, Recipient
from orders.models import ORDERS, Order, OrderMessage
from orders.policies import written
from shared_kernel import clock
from shared_kernel.due import due_work
from shared_kernel.errors import DomainError, ErrorKind
from shared_kernel.facades.binding import bound

# Nothing is known to be wrong with the message itself.
_TRY_AGAIN = (ErrorKind.UNAVAILABLE, ErrorKind.DEADLINE_EXCEEDED, ErrorKind.CONFLICT)


def intend(order: Order, template: str, *, now: datetime) -> None:
    """Have the buyer told, once per fact: an order is confirmed and canceled once, each of its payments fails once."""
    about = order.payment_id if template == MessageTemplate.PAYMENT_FAILED else order.id
    OrderMessage.objects.bulk_create(
        [
            OrderMessage(
                order=order,
                key=f"{template.replace('_', '-')}:{about}",
                template=template,
                created_at=now,
                due_at=now,
            )
        ],
        ignore_conflicts=True,
    )


@due_work("orders.send_message", model="orders.OrderMessage", where="relay")
def send_message(message_id: UUID) -> None:
    """Hand one intended message to customers, which sends it once per key."""
    message = OrderMessage.objects.select_related("order").get(pk=message_id)
    if message.due_at is None:
        return
    refusal = _hand_over(message)
    with transaction.atomic(using=ORDERS, durable=True):
        message = OrderMessage.objects.select_for_update(no_key=True).get(pk=message_id)
        if refusal is not None and refusal.kind in _TRY_AGAIN:
            message.retry(error=refusal.code)
            return
        if refusal is None:
            message.sent_at = clock.database_now(ORDERS)
        else:
            message.refused = refusal.code
        message.save(update_fields=["sent_at", "refused"])
        message.finish()


def _hand_over(message: OrderMessage) -> DomainError | None:
    order = message.order
    to = Recipient(customer_id=order.customer_id) if order.customer_id else Recipient(email=order.email)
    try:
        bound(CustomersApi).send_message(
            key=message.key,
            template=MessageTemplate(message.template),
            to=to,
            data={"order_number": order.number, "total": written(order.total_money)},
        )
    except DomainError as refusal:
        return refusal
    return None
