"""The implementation of payments.api: opens the transaction, calls one use case, answers with DTOs."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from payments.api import PaymentMethod, PaymentStatus, PaymentSummary, RefundStatus, RefundSummary
from payments.models import PAYMENTS, Payment, Refund
from payments.usecases import audit, authorization, captures, refunds, voids
from shared_kernel import clock
from shared_kernel.api import AuditFactPage, AuditFinding
from shared_kernel.errors import Invalid
from shared_kernel.facades.operations import KernelOperations
from shared_kernel.money import Money

MOST_ORDERS = 100


class PaymentsFacade:
    """Serves PaymentsApi from this process."""

    def create_payment(
        self,
        *,
        payment_id: UUID,
        order_id: UUID,
        amount: Money,
        method: PaymentMethod,
        customer_id: UUID | None = None,
    ) -> PaymentSummary:
        with transaction.atomic(using=PAYMENTS, durable=True):
            payment = authorization.create_payment(
                payment_id=payment_id,
                order_id=order_id,
                amount=amount,
                method=method,
                customer_id=customer_id,
                now=clock.database_now(PAYMENTS),
            )
        return _summary(payment)

    def capture_payment(self, *, payment_id: UUID, capture_id: UUID, amount: Money) -> PaymentSummary:
        with transaction.atomic(using=PAYMENTS, durable=True):
            payment = captures.capture_payment(
                payment_id=payment_id, capture_id=capture_id, amount=amount, now=clock.database_now(PAYMENTS)
            )
        return _summary(payment)

    def void_payment(self, *, payment_id: UUID, reason: str) -> PaymentSummary:
        with transaction.atomic(using=PAYMENTS, durable=True):
            payment = voids.void_payment(payment_id=payment_id, reason=reason, now=clock.database_now(PAYMENTS))
        return _summary(payment)

    def refund_payment(self, *, payment_id: UUID, refund_id: UUID, amount: Money, reason: str) -> RefundSummary:
        with transaction.atomic(using=PAYMENTS, durable=True):
            refund = refunds.refund_payment(
                payment_id=payment_id,
                refund_id=refund_id,
                amount=amount,
                reason=reason,
                now=clock.database_now(PAYMENTS),
            )
        return _refund_summary(refund)

    def get_payment(self, *, payment_id: UUID) -> PaymentSummary:
        return _summary(Payment.objects.of_id(payment_id))

    def list_payments(self, *, order_ids: list[UUID]) -> list[PaymentSummary]:
        if len(order_ids) > MOST_ORDERS:
            raise Invalid
        return [_summary(payment) for payment in Payment.objects.filter(order_id__in=order_ids).order_by("id")]


class PaymentsOperations(KernelOperations):
    """Serves ContextApi for payments."""

    def __init__(self) -> None:
        super().__init__(PAYMENTS)

    def audit_findings(self, *, limit: int) -> list[AuditFinding]:
        with self.unhurried():
            return [*self.log_findings(limit=limit), *audit.find_violations(limit=limit)][:limit]

    def audit_facts(self, *, after: UUID | None, limit: int) -> AuditFactPage:
        with self.unhurried():
            return audit.state_facts(after=after, limit=limit)


def _summary(payment: Payment) -> PaymentSummary:
    return PaymentSummary(
        payment_id=payment.id,
        order_id=payment.order_id,
        status=PaymentStatus(payment.status),
        amount=payment.money(payment.amount),
        captured=payment.money(payment.captured),
        refunded=payment.money(payment.refunded),
        last_error=payment.last_error,
    )


def _refund_summary(refund: Refund) -> RefundSummary:
    return RefundSummary(
        refund_id=refund.id,
        payment_id=refund.payment_id,
        status=RefundStatus(refund.status),
        amount=refund.money,
    )
