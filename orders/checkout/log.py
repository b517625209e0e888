"""The log of the saga: answers "where is this order, and why"."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from orders.models import CheckoutLogEntry, CheckoutSaga

# What a buyer may read: the turns of their own order, without our internal tries.
TURNS_FOR_THE_BUYER = {
    "place_order": "placed",
    "request_payment": "payment_requested",
    "payment_authorized": "payment_authorized",
    "payment_declined": "payment_declined",
    "payment_captured": "payment_captured",
    "payment_capture_failed": "payment_failed",
    "payment_canceled": "payment_canceled",
    "refund_succeeded": "refunded",
    "cancel_order": "canceled",
    "expire_order": "expired",
    "confirm_order": "confirmed",
}


def write(
    saga: CheckoutSaga,
    *,
    at: datetime,
    step: str,
    from_state: str,
    outcome: str,
    detail: str | None = None,
    actor: str = "system",
) -> None:
    """Append one line that ends in the saga's present state; codes are cut to their columns rather than refused."""
    CheckoutLogEntry.objects.create(
        order_id=saga.order_id,
        saga_id=saga.id,
        at=at,
        step=step[:40],
        from_state=from_state,
        to_state=saga.state,
        outcome=outcome[:64],
        detail=detail[:64] if detail else None,
        actor=actor[:16],
    )


def entries(order_id: UUID) -> list[CheckoutLogEntry]:
    """Everything that happened to an order, oldest first."""
    return list(CheckoutLogEntry.objects.filter(order_id=order_id).order_by("id"))


def turns(order_id: UUID) -> list[CheckoutLogEntry]:
    """What the buyer may know of it, oldest first."""
    steps = list(TURNS_FOR_THE_BUYER)
    return list(
        CheckoutLogEntry.objects.filter(order_id=order_id, step__in=steps).exclude(outcome="late").order_by("id")
    )
