"""Call payments off before money has moved."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from payments.api import PaymentStatus
from payments.events import PaymentCanceled, PaymentVoidRequested
from payments.models import PAYMENTS, Payment, PaymentTransaction
from payments.policies import TransactionKind
from shared_kernel import transactions
from shared_kernel.events import outbox
from shared_kernel.ids import new_id

WITHDRAWN = "withdrawn"


def void_payment(*, payment_id: UUID, reason: str, now: datetime) -> Payment:
    """Call a payment off: at once where the provider holds nothing, else as soon as it has let go.

    One whose authorization is still on its way is called off when its outcome is known.

    Raises:
        PaymentNotFound: no payment has this id.
        InvalidStateTransition: money was captured, so refund it instead; or a capture is under way, so ask again.
    """
    transactions.require(PAYMENTS)
    payment = Payment.objects.locked(payment_id)
    if payment.void_reason is not None:
        return payment
    payment.require("void")
    if payment.status == PaymentStatus.REQUIRES_PAYMENT_METHOD or _withdrawn(payment, now):
        payment.cancel(reason=reason, at=now)
        outbox.record(
            PaymentCanceled(payment_id=payment.id, order_id=payment.order_id, reason=reason), aggregate=payment
        )
        return payment
    payment.ask_void(reason=reason, at=now)
    if payment.status == PaymentStatus.AUTHORIZED:
        request_void(payment, now)
    outbox.record(
        PaymentVoidRequested(payment_id=payment.id, order_id=payment.order_id, reason=reason), aggregate=payment
    )
    return payment


def request_void(payment: Payment, now: datetime) -> None:
    """Write down that the provider is to let go of what it holds."""
    amount = payment.sums.capturable
    PaymentTransaction.request(payment, TransactionKind.VOID, reference_id=new_id(), amount=amount, at=now)


def _withdrawn(payment: Payment, now: datetime) -> bool:
    """Take back an authorization that has never left for the provider."""
    if payment.status != PaymentStatus.PROCESSING:
        return False
    asked = PaymentTransaction.objects.select_for_update().get(
        payment=payment, kind=TransactionKind.AUTHORIZE, settled_at=None
    )
    if asked.sent_at is not None:
        return False
    asked.fail(code=WITHDRAWN, at=now)
    return True
