"""Orders as the documents that the REST surface shows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from orders.api import OrderStatus
from orders.checkout import log
from orders.models import CheckoutLogEntry, Order, OrderAddress, Purpose
from orders.policies import allowed_actions
from orders.usecases.paying import is_payable
from payments.api import PaymentsApi, PaymentSummary
from shared_kernel.errors import DeadlineExceeded, Unavailable
from shared_kernel.facades.binding import bound
from shared_kernel.identity.principals import Principal

PAYMENTS_MISSING = {
    "code": "payments_unavailable",
    "detail": "The payments could not be read now; ask again in a moment.",
}


def describe(order: Order, *, principal: Principal, now: datetime) -> dict[str, Any]:
    """The members of an order that was read `whole()`, as its reader may see and use it."""
    addresses = {address.kind: address for address in order.addresses.all()}
    checkout = next(saga for saga in order.sagas.all() if saga.purpose == Purpose.CHECKOUT)
    waits = order.status == OrderStatus.PENDING_PAYMENT
    return {
        "id": order.id,
        "number": order.number,
        "status": order.status,
        "customer_id": order.customer_id,
        "email": order.email,
        "currency": order.currency,
        "lines": [
            {
                "variant_id": line.variant_id,
                "product_id": line.product_id,
                "sku": line.sku,
                "title": line.title,
                "quantity": line.quantity,
                "unit_price": order.money(line.unit_price),
                "total": order.money(line.total),
            }
            for line in order.lines.all()
        ],
        "total": order.total_money,
        "shipping_address": addresses.get(OrderAddress.Kind.SHIPPING),
        "billing_address": addresses.get(OrderAddress.Kind.BILLING),
        "payment": {
            "id": order.payment_id,
            "status": order.payment_status,
            "last_error": order.payment_error,
            "captured": order.money(order.captured),
            "refunded": order.money(order.refunded),
        },
        "payable_until": order.payable_until if waits else None,
        "placed_at": order.placed_at,
        "confirmed_at": order.confirmed_at,
        "canceled_at": order.canceled_at,
        "expired_at": order.expired_at,
        "cancel_reason": order.cancel_reason,
        "created_at": order.created_at,
        "updated_at": order.updated_at,
        "allowed_actions": allowed_actions(
            status=order.status, actor=principal.kind, payable=is_payable(checkout, now)
        ),
    }


def payments_of(order: Order) -> dict[str, Any]:
    """The members `payments` and `warnings`: what payments knows of the order, null where it cannot be asked now."""
    try:
        payments = bound(PaymentsApi).list_payments(order_ids=[order.id])
    except (Unavailable, DeadlineExceeded):
        return {"payments": None, "warnings": [PAYMENTS_MISSING]}
    return {"payments": [_payment(payment) for payment in payments], "warnings": []}


def turns(entries: Sequence[CheckoutLogEntry]) -> list[dict[str, Any]]:
    """Log lines as a buyer reads them."""
    return [
        {
            "at": entry.at,
            "event": log.TURNS_FOR_THE_BUYER[entry.step],
            "actor": entry.actor,
            "detail": entry.detail,
        }
        for entry in entries
    ]


def _payment(payment: PaymentSummary) -> dict[str, Any]:
    return {
        "id": payment.payment_id,
        "status": payment.status,
        "amount": payment.amount,
        "captured": payment.captured,
        "refunded": payment.refunded,
        "last_error": payment.last_error,
    }
