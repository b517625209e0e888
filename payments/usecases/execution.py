"""Carry a transaction out: what to ask the provider, and what its answer changes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

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
from payments.gateways.calls import ProviderRequest
from payments.gateways.port import Outcome, Refused, Succeeded, Unclear, Unreachable
from payments.models import PAYMENTS, Payment, PaymentTransaction, Refund
from payments.policies import NOTHING_HELD, TransactionKind, TransactionState
from payments.usecases import ledger, voids
from shared_kernel import due, transactions
from shared_kernel.events import outbox


def begin(*, transaction_id: UUID, now: datetime) -> ProviderRequest | None:
    """Note, before a request leaves, that it may have reached the provider; None when the outcome is known already."""
    transactions.require(PAYMENTS)
    payment, asked = _locked(transaction_id)
    if asked.is_settled:
        asked.finish()
        return None
    may_be_known = asked.sent_at is not None
    asked.begin(at=now)
    return ProviderRequest(
        provider=payment.provider,
        kind=TransactionKind(asked.kind),
        key=asked.provider_key,
        amount=asked.money,
        token=payment.method_token,
        authorization=_authorization(payment),
        may_be_known=may_be_known,
    )


def settle(*, transaction_id: UUID, outcome: Outcome, now: datetime) -> PaymentTransaction:
    """Apply the provider's answer; the first one wins, whoever brings it, and the rest change nothing."""
    transactions.require(PAYMENTS)
    payment, asked = _locked(transaction_id)
    if asked.is_settled:
        return asked
    match outcome:
        case Unclear(error=error):
            asked.lose_sight(error=error)
        case Unreachable(error=error):
            asked.retry(error=error)
        case Succeeded(reference=reference):
            asked.succeed(provider_reference=reference, at=now)
            _apply(payment, asked, None, now)
        case Refused(code=code) if asked.kind == TransactionKind.VOID and code in NOTHING_HELD:
            asked.succeed(provider_reference=code, at=now)
            _apply(payment, asked, None, now)
        case Refused(code=code):
            asked.fail(code=code, at=now)
            _apply(payment, asked, code, now)
    return asked


def _locked(transaction_id: UUID) -> tuple[Payment, PaymentTransaction]:
    # The payment first, as every command does, so that nobody waits in a circle.
    payment_id = PaymentTransaction.objects.values_list("payment_id", flat=True).get(id=transaction_id)
    payment = Payment.objects.locked(payment_id)
    return payment, PaymentTransaction.objects.locked(transaction_id)


def _authorization(payment: Payment) -> str | None:
    return (
        payment.transactions.filter(kind=TransactionKind.AUTHORIZE, state=TransactionState.SUCCEEDED)
        .values_list("provider_reference", flat=True)
        .first()
    )


def _apply(payment: Payment, asked: PaymentTransaction, code: str | None, now: datetime) -> None:
    match TransactionKind(asked.kind):
        case TransactionKind.AUTHORIZE:
            _authorized(payment, code, now)
        case TransactionKind.VOID:
            _voided(payment, code, now)
        case TransactionKind.CAPTURE:
            _captured(payment, asked, code, now)
        case TransactionKind.REFUND:
            _refunded(payment, asked, code, now)


def _authorized(payment: Payment, code: str | None, now: datetime) -> None:
    ids = {"payment_id": payment.id, "order_id": payment.order_id}
    if code is None:
        payment.authorize(at=now)
        if payment.void_reason is None:
            outbox.record(PaymentAuthorized(**ids, amount=payment.money(payment.amount)), aggregate=payment)
        else:
            voids.request_void(payment, now)
            due.wake(PAYMENTS)
    elif payment.void_reason is None:
        payment.decline(code=code, at=now)
        outbox.record(PaymentDeclined(**ids, reason=code), aggregate=payment)
    else:
        payment.cancel(reason=payment.void_reason, code=code, at=now)
        outbox.record(PaymentCanceled(**ids, reason=payment.void_reason), aggregate=payment)


def _voided(payment: Payment, code: str | None, now: datetime) -> None:
    ids = {"payment_id": payment.id, "order_id": payment.order_id}
    if code is None:
        reason = payment.void_reason or voids.WITHDRAWN
        payment.cancel(reason=reason, at=now)
        outbox.record(PaymentCanceled(**ids, reason=reason), aggregate=payment)
        return
    was_known = payment.status
    payment.keep_after_refused_void(code=code, at=now)
    outbox.record(PaymentVoidFailed(**ids, reason=code), aggregate=payment)
    if payment.status != was_known:
        outbox.record(PaymentAuthorized(**ids, amount=payment.money(payment.authorized)), aggregate=payment)


def _captured(payment: Payment, asked: PaymentTransaction, code: str | None, now: datetime) -> None:
    ids = {"payment_id": payment.id, "order_id": payment.order_id, "capture_id": asked.reference_id}
    payment.end_capture(amount=asked.amount, code=code, at=now)
    if code is not None:
        outbox.record(PaymentCaptureFailed(**ids, reason=code), aggregate=payment)
        return
    ledger.post(payment=payment, transaction=asked, now=now)
    outbox.record(PaymentCaptured(**ids, amount=asked.money), aggregate=payment)


def _refunded(payment: Payment, asked: PaymentTransaction, code: str | None, now: datetime) -> None:
    ids = {"refund_id": asked.reference_id, "payment_id": payment.id, "order_id": payment.order_id}
    payment.end_refund(amount=asked.amount, code=code, at=now)
    Refund.objects.get(id=asked.reference_id).end(code=code, at=now)
    if code is not None:
        outbox.record(RefundFailed(**ids, reason=code), aggregate=payment)
        return
    ledger.post(payment=payment, transaction=asked, now=now)
    outbox.record(RefundSucceeded(**ids, amount=asked.money), aggregate=payment)
