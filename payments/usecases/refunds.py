"""Send captured money back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from payments.api import AmountExceedsPayment, InvalidAmount, PaymentIdReused
from payments.events import RefundCreated
from payments.models import PAYMENTS, Payment, PaymentTransaction, Refund
from payments.policies import TransactionKind
from shared_kernel import transactions
from shared_kernel.events import outbox
from shared_kernel.money import Money


def refund_payment(*, payment_id: UUID, refund_id: UUID, amount: Money | None, reason: str, now: datetime) -> Refund:
    """Write down that captured money is to be sent back: this much, or all that is left.

    Raises:
        PaymentNotFound: no payment has this id.
        PaymentIdReused: the refund exists with another payment or amount.
        InvalidAmount: it is not positive or in another currency.
        AmountExceedsPayment: more than is captured and not yet refunded or being refunded.
        InvalidStateTransition: nothing was captured.
    """
    transactions.require(PAYMENTS)
    payment = Payment.objects.locked(payment_id)
    known = Refund.objects.filter(id=refund_id).first()
    if known is not None:
        if known.payment_id != payment.id or (amount is not None and known.money != amount):
            raise PaymentIdReused(what="refund")
        return known
    payment.require("refund")
    if amount is None:
        amount = payment.money(payment.sums.refundable)
    # Nothing left is a refusal by the cap, also for whoever asked for all that is left.
    if amount.amount > payment.sums.refundable or not payment.sums.refundable:
        raise AmountExceedsPayment(available=payment.money(payment.sums.refundable))
    if amount.amount <= 0 or amount.currency != payment.currency:
        raise InvalidAmount(currency=payment.currency)
    payment.ask_refund(amount=amount.amount, at=now)
    refund = Refund.objects.create(
        id=refund_id,
        payment=payment,
        amount=amount.amount,
        currency=amount.currency,
        reason=reason,
        created_at=now,
        updated_at=now,
    )
    PaymentTransaction.request(payment, TransactionKind.REFUND, reference_id=refund_id, amount=amount.amount, at=now)
    outbox.record(
        RefundCreated(refund_id=refund_id, payment_id=payment.id, order_id=payment.order_id, amount=amount),
        aggregate=payment,
    )
    return refund
