"""Start payments."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from payments.api import InvalidAmount, PaymentIdReused, PaymentInProgress, PaymentMethod, PaymentStatus
from payments.events import PaymentCanceled, PaymentCreated
from payments.gateways import registry
from payments.models import PAYMENTS, Payment, PaymentTransaction
from payments.policies import TransactionKind
from shared_kernel import transactions
from shared_kernel.events import outbox
from shared_kernel.money import MAX_AMOUNT, Money

SUPERSEDED = "superseded"


def create_payment(
    *,
    payment_id: UUID,
    order_id: UUID,
    amount: Money,
    method: PaymentMethod,
    customer_id: UUID | None,
    now: datetime,
) -> Payment:
    """Write down that an amount is to be authorized; a declined payment of the same order makes way.

    Raises:
        PaymentInProgress: the order has another payment that is not over.
        PaymentIdReused: the payment exists with another order, amount or method.
        InvalidAmount: it is not positive or too large.
        PaymentMethodNotSupported: no provider takes this method.
    """
    transactions.require(PAYMENTS)
    # Both by one statement: between two, this very payment could appear and be taken for another one of the order.
    in_the_way = Payment.objects.select_for_update().filter(
        Q(id=payment_id) | (Q(order_id=order_id) & ~Q(status=PaymentStatus.CANCELED))
    )
    by_id = {payment.id: payment for payment in in_the_way}
    if payment_id in by_id:
        return _same(by_id[payment_id], order_id, amount, method)
    if not 0 < amount.amount <= MAX_AMOUNT:
        raise InvalidAmount(currency=amount.currency)
    provider = registry.provider_of(method.type)
    for active in by_id.values():
        _make_way(active, now)
    payment = Payment(
        id=payment_id,
        order_id=order_id,
        customer_id=customer_id,
        amount=amount.amount,
        currency=amount.currency,
        method_type=method.type,
        method_token=method.token,
        provider=provider,
        status=PaymentStatus.PROCESSING,
        created_at=now,
        updated_at=now,
    )
    try:
        with transaction.atomic(using=PAYMENTS):
            payment.save(force_insert=True)
    except IntegrityError:
        # Somebody wrote this payment, or another one of the order, since we looked; it is committed now.
        return create_payment(
            payment_id=payment_id, order_id=order_id, amount=amount, method=method, customer_id=customer_id, now=now
        )
    PaymentTransaction.request(
        payment, TransactionKind.AUTHORIZE, reference_id=payment.id, amount=payment.amount, at=now
    )
    outbox.record(PaymentCreated(payment_id=payment.id, order_id=order_id, amount=amount), aggregate=payment)
    return payment


def _make_way(active: Payment, now: datetime) -> None:
    if active.status != PaymentStatus.REQUIRES_PAYMENT_METHOD:
        raise PaymentInProgress(payment_id=active.id, status=PaymentStatus(active.status))
    active.cancel(reason=SUPERSEDED, at=now)
    outbox.record(PaymentCanceled(payment_id=active.id, order_id=active.order_id, reason=SUPERSEDED), aggregate=active)


def _same(payment: Payment, order_id: UUID, amount: Money, method: PaymentMethod) -> Payment:
    asked = (order_id, amount, method.type, method.token)
    if (payment.order_id, payment.money(payment.amount), payment.method_type, payment.method_token) != asked:
        raise PaymentIdReused(what="payment")
    return payment
