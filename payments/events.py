"""The facts payments publishes, and which of them are public webhook events."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from shared_kernel.events import event
from shared_kernel.money import Money

__all__ = [
    "PUBLIC_NAMES",
    "PaymentAuthorized",
    "PaymentCanceled",
    "PaymentCaptureFailed",
    "PaymentCaptureRequested",
    "PaymentCaptured",
    "PaymentCreated",
    "PaymentDeclined",
    "PaymentVoidFailed",
    "PaymentVoidRequested",
    "RefundCreated",
    "RefundFailed",
    "RefundSucceeded",
]


@event("payments.payment_created.v1")
@dataclass(frozen=True, kw_only=True)
class PaymentCreated:
    """A payment is on its way to its provider."""

    payment_id: UUID
    order_id: UUID
    amount: Money


@event("payments.payment_authorized.v1")
@dataclass(frozen=True, kw_only=True)
class PaymentAuthorized:
    """The provider holds the money for us."""

    payment_id: UUID
    order_id: UUID
    amount: Money


@event("payments.payment_declined.v1")
@dataclass(frozen=True, kw_only=True)
class PaymentDeclined:
    """The provider refused; `reason` is a closed code such as `card_declined`."""

    payment_id: UUID
    order_id: UUID
    reason: str


@event("payments.payment_capture_requested.v1")
@dataclass(frozen=True, kw_only=True)
class PaymentCaptureRequested:
    """The provider is being asked to collect money; nothing has moved yet."""

    payment_id: UUID
    order_id: UUID
    capture_id: UUID
    amount: Money


@event("payments.payment_captured.v1")
@dataclass(frozen=True, kw_only=True)
class PaymentCaptured:
    """The money is ours; `amount` is this capture's."""

    payment_id: UUID
    order_id: UUID
    capture_id: UUID
    amount: Money


@event("payments.payment_capture_failed.v1")
@dataclass(frozen=True, kw_only=True)
class PaymentCaptureFailed:
    """The provider refused to collect what it had authorized."""

    payment_id: UUID
    order_id: UUID
    capture_id: UUID
    reason: str


@event("payments.payment_void_requested.v1")
@dataclass(frozen=True, kw_only=True)
class PaymentVoidRequested:
    """The payment will be canceled as soon as the provider has let go of it; `reason` is a code."""

    payment_id: UUID
    order_id: UUID
    reason: str


@event("payments.payment_void_failed.v1")
@dataclass(frozen=True, kw_only=True)
class PaymentVoidFailed:
    """The provider refused to let go of an authorization, which therefore still stands; `reason` is a closed code."""

    payment_id: UUID
    order_id: UUID
    reason: str


@event("payments.payment_canceled.v1")
@dataclass(frozen=True, kw_only=True)
class PaymentCanceled:
    """The authorization was let go, or never came to be; `reason` is a code."""

    payment_id: UUID
    order_id: UUID
    reason: str


@event("payments.refund_created.v1")
@dataclass(frozen=True, kw_only=True)
class RefundCreated:
    """Money is on its way back."""

    refund_id: UUID
    payment_id: UUID
    order_id: UUID
    amount: Money


@event("payments.refund_succeeded.v1")
@dataclass(frozen=True, kw_only=True)
class RefundSucceeded:
    """The provider took the refund."""

    refund_id: UUID
    payment_id: UUID
    order_id: UUID
    amount: Money


@event("payments.refund_failed.v1")
@dataclass(frozen=True, kw_only=True)
class RefundFailed:
    """The provider refused the refund; `reason` is a closed code."""

    refund_id: UUID
    payment_id: UUID
    order_id: UUID
    reason: str


PUBLIC_NAMES = {
    PaymentCreated: "payment.processing",
    PaymentAuthorized: "payment.authorized",
    PaymentDeclined: "payment.failed",
    PaymentCaptured: "payment.captured",
    PaymentCanceled: "payment.canceled",
    RefundCreated: "refund.created",
    RefundSucceeded: "refund.succeeded",
    RefundFailed: "refund.failed",
}
