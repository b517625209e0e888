"""The front door of payments: other contexts import this module and payments.events, nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from shared_kernel.errors import Conflict, Invalid, NotFound, Rejected
from shared_kernel.facades import command, query
from shared_kernel.money import Money

__all__ = [
    "AmountExceedsPayment",
    "InvalidAmount",
    "PaymentIdReused",
    "PaymentInProgress",
    "PaymentMethod",
    "PaymentMethodNotSupported",
    "PaymentNotFound",
    "PaymentStatus",
    "PaymentSummary",
    "PaymentsApi",
    "RefundStatus",
    "RefundSummary",
]


class PaymentStatus(StrEnum):
    """Where a payment stands."""

    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    PROCESSING = "processing"
    AUTHORIZED = "authorized"
    PARTIALLY_CAPTURED = "partially_captured"
    CAPTURED = "captured"
    CANCELED = "canceled"


class RefundStatus(StrEnum):
    """Where a refund stands."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class PaymentMethod:
    """How the buyer pays: a method `type` ("card") and the provider's one-way token for it, never card data."""

    type: str
    token: str


@dataclass(frozen=True, kw_only=True)
class PaymentSummary:
    """A payment and its sums; `last_error` is the provider's closed decline code."""

    payment_id: UUID
    order_id: UUID
    status: PaymentStatus
    amount: Money
    captured: Money
    refunded: Money
    last_error: str | None = None


@dataclass(frozen=True, kw_only=True)
class RefundSummary:
    """Money on its way back to the buyer."""

    refund_id: UUID
    payment_id: UUID
    status: RefundStatus
    amount: Money


@dataclass(kw_only=True, eq=False)
class PaymentNotFound(NotFound):
    """No payment has this id."""

    code = "payment_not_found"
    summary = "There is no such payment."

    payment_id: UUID


@dataclass(kw_only=True, eq=False)
class PaymentInProgress(Rejected):
    """The order already has a payment that is on its way or done."""

    code = "payment_in_progress"
    summary = "This order already has a payment that is {status}."

    payment_id: UUID
    status: PaymentStatus


@dataclass(kw_only=True, eq=False)
class PaymentMethodNotSupported(Invalid):
    """No provider is configured for this type of payment method."""

    code = "payment_method_not_supported"
    summary = "The payment method {type} is not supported."

    type: str


@dataclass(kw_only=True, eq=False)
class PaymentIdReused(Conflict):
    """The id of a payment, capture or refund was used before for something else."""

    code = "payment_id_reused"
    summary = "This id was used before with another {what}."

    what: str


@dataclass(kw_only=True, eq=False)
class InvalidAmount(Invalid):
    """The amount is not positive, too large, or not in the payment's currency."""

    code = "invalid_amount"
    summary = "The amount must be positive and in {currency}."

    currency: str


@dataclass(kw_only=True, eq=False)
class AmountExceedsPayment(Rejected):
    """More is asked for than the payment still holds."""

    code = "amount_exceeds_payment"
    summary = "This payment holds less than that."

    available: Money


class PaymentsApi(Protocol):
    """What orders may ask of payments; every command names its effect by an id and may be repeated.

    A command records the intent and answers at once; what the provider decides comes back as an event.
    """

    @command
    def create_payment(
        self,
        *,
        payment_id: UUID,
        order_id: UUID,
        amount: Money,
        method: PaymentMethod,
        customer_id: UUID | None = None,
    ) -> PaymentSummary:
        """Start authorizing the amount. A declined payment of the same order is canceled in its favor.

        With a `customer_id` that customer may read the payment; a guest reads it by the order's token.

        Raises:
            PaymentInProgress: the order has another payment that is not over.
            PaymentIdReused: the payment exists with another order, amount or method.
            InvalidAmount: it is not positive.
            PaymentMethodNotSupported: no provider takes this method.
        """

    @command
    def capture_payment(self, *, payment_id: UUID, capture_id: UUID, amount: Money) -> PaymentSummary:
        """Collect authorized money.

        Raises:
            PaymentNotFound: no payment has this id.
            PaymentIdReused: the capture exists with another payment or amount.
            InvalidAmount: it is not positive or in another currency.
            AmountExceedsPayment: more than is authorized and not yet captured.
            InvalidStateTransition: it is not authorized.
        """

    @command
    def void_payment(self, *, payment_id: UUID, reason: str) -> PaymentSummary:
        """Let go of an authorization, or call off one that is still on its way: it is voided as soon as it is known.

        Raises:
            PaymentNotFound: no payment has this id.
            InvalidStateTransition: money was captured, so refund it instead; or a capture is under way, so ask again.
        """

    @command
    def refund_payment(self, *, payment_id: UUID, refund_id: UUID, amount: Money, reason: str) -> RefundSummary:
        """Send captured money back.

        Raises:
            PaymentNotFound: no payment has this id.
            PaymentIdReused: the refund exists with another payment or amount.
            InvalidAmount: it is not positive or in another currency.
            AmountExceedsPayment: more than is captured and not yet refunded or being refunded.
            InvalidStateTransition: nothing was captured.
        """

    @query
    def get_payment(self, *, payment_id: UUID) -> PaymentSummary:
        """One payment.

        Raises:
            PaymentNotFound: no payment has this id.
        """

    @query
    def list_payments(self, *, order_ids: list[UUID]) -> list[PaymentSummary]:
        """The payments of these orders (at most 100), oldest first; unknown orders have none."""
