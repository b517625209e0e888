"""Reactions of orders to what payments, inventory and customers tell; they move rows and call nothing."""

from __future__ import annotations

from customers.events import ApiKeyChanged
from inventory.events import ReservationExpired
from orders.checkout import driver, messages, news
from orders.checkout.news import PaymentNews
from orders.models import ORDERS
from orders.policies import OrderPaymentStatus
from payments.events import (
    PaymentAuthorized,
    PaymentCanceled,
    PaymentCaptured,
    PaymentCaptureFailed,
    PaymentDeclined,
    PaymentVoidFailed,
    RefundFailed,
    RefundSucceeded,
)
from shared_kernel import clock
from shared_kernel.events import subscribe
from shared_kernel.identity import api_keys

# Importing the drivers registers their due work with the relay.
__all__ = ["driver", "follow_payments", "follow_reservations", "messages", "remember_api_key"]

PaymentEvent = (
    PaymentAuthorized
    | PaymentDeclined
    | PaymentCaptured
    | PaymentCaptureFailed
    | PaymentCanceled
    | PaymentVoidFailed
    | RefundSucceeded
    | RefundFailed
)


@subscribe(
    "orders.follow_payments",
    PaymentAuthorized,
    PaymentDeclined,
    PaymentCaptured,
    PaymentCaptureFailed,
    PaymentCanceled,
    PaymentVoidFailed,
    RefundSucceeded,
    RefundFailed,
)
def follow_payments(event: PaymentEvent) -> None:
    """Carry the order on, or back, by what its provider decided."""
    news.take_payment_news(_news_of(event), now=clock.database_now(ORDERS))


@subscribe("orders.follow_reservations", ReservationExpired)
def follow_reservations(event: ReservationExpired) -> None:
    """Give up an order whose stock is no longer held."""
    news.take_reservation_expiry(order_id=event.order_id, now=clock.database_now(ORDERS))


@subscribe("orders.remember_api_key", ApiKeyChanged, replayable=True)
def remember_api_key(event: ApiKeyChanged) -> None:
    """Know the key here too, so that its holder is recognized without a call."""
    api_keys.remember(
        ORDERS,
        key_id=event.key_id,
        key_hash=event.key_hash,
        owner=event.owner,
        scopes=event.scopes,
        expires_at=event.expires_at,
        revoked_at=event.revoked_at,
    )


_MEANING: dict[type, tuple[str, OrderPaymentStatus | None]] = {
    PaymentAuthorized: ("payment_authorized", OrderPaymentStatus.AUTHORIZED),
    PaymentDeclined: ("payment_declined", OrderPaymentStatus.REQUIRES_PAYMENT_METHOD),
    PaymentCaptured: ("payment_captured", OrderPaymentStatus.CAPTURED),
    PaymentCaptureFailed: ("payment_capture_failed", None),
    PaymentCanceled: ("payment_canceled", OrderPaymentStatus.CANCELED),
    PaymentVoidFailed: ("payment_void_failed", None),
    RefundSucceeded: ("refund_succeeded", None),
    RefundFailed: ("refund_failed", None),
}


def _news_of(event: PaymentEvent) -> PaymentNews:
    name, told = _MEANING[type(event)]
    return PaymentNews(
        name=name,
        order_id=event.order_id,
        payment_id=event.payment_id,
        told=told,
        error=event.reason if isinstance(event, PaymentDeclined | PaymentCaptureFailed) else None,
        detail=event.reason if isinstance(event, PaymentCanceled | PaymentVoidFailed | RefundFailed) else None,
        captured=event.amount.amount if isinstance(event, PaymentCaptured) else 0,
        refunded=event.amount.amount if isinstance(event, RefundSucceeded) else 0,
    )
