"""Collect authorized money."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from payments.api import AmountExceedsPayment, InvalidAmount, PaymentIdReused
from payments.events import PaymentCaptureRequested
from payments.models import PAYMENTS, Payment, PaymentTransaction
from payments.policies import TransactionKind
from shared_kernel import transactions
from shared_kernel.events import outbox
from shared_kernel.money import Money


def capture_payment(*, payment_id: UUID, capture_id: UUID, amount: Money | None, now: datetime) -> Payment:
    """Write down that authorized money is to be collected: this much, or all that is left.

    Raises:
        PaymentNotFound: no payment has this id.
        PaymentIdReused: the capture exists with another payment or amount.
        InvalidAmount: it is not positive or in another currency.
        AmountExceedsPayment: more than is authorized and not yet captured.
        InvalidStateTransition: it is not authorized, or is being voided.
    """
    transactions.require(PAYMENTS)
    payment = Payment.objects.locked(payment_id)
    known = PaymentTransaction.objects.find_effect(TransactionKind.CAPTURE, capture_id)
    if known is not None:
        if known.payment_id != payment.id or (amount is not None and known.money != amount):
            raise PaymentIdReused(what="capture")
        return payment
    payment.require("capture")
    if amount is None:
        amount = payment.money(payment.sums.capturable)
    # Nothing left is a refusal by the cap, also for whoever asked for all that is left.
    if amount.amount > payment.sums.capturable or not payment.sums.capturable:
        raise AmountExceedsPayment(available=payment.money(payment.sums.capturable))
    if amount.amount <= 0 or amount.currency != payment.currency:
        raise InvalidAmount(currency=payment.currency)
    payment.ask_capture(amount=amount.amount, at=now)
    PaymentTransaction.request(payment, TransactionKind.CAPTURE, reference_id=capture_id, amount=amount.amount, at=now)
    outbox.record(
        PaymentCaptureRequested(payment_id=payment.id, order_id=payment.order_id, capture_id=capture_id, amount=amount),
        aggregate=payment,
    )
    return payment
