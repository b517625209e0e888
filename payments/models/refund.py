"""A refund: captured money on its way back to the buyer."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import models
from django.db.models import Q

from payments.api import RefundStatus
from payments.models.payment import Payment
from payments.policies import REFUND_MACHINE, RefundNotFound
from shared_kernel.money import Money


class RefundQuerySet(models.QuerySet["Refund"]):
    """Questions about refunds."""

    def of_id(self, refund_id: UUID) -> Refund:
        """One refund.

        Raises:
            RefundNotFound: no refund has this id.
        """
        try:
            return self.get(id=refund_id)
        except Refund.DoesNotExist:
            raise RefundNotFound(refund_id=refund_id) from None


class Refund(models.Model):
    """The caller chooses the id, which also names the transaction that carries the refund out.

    It belongs to its payment's aggregate: it changes under the payment's row lock, and its events are the payment's.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    status = models.TextField(
        choices=[(status.value, status.value) for status in RefundStatus], default=RefundStatus.PENDING
    )
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.TextField()
    failure_code = models.TextField(null=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    objects = RefundQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        indexes = (
            models.Index(fields=["-created_at", "-id"], name="refund_by_time"),
            models.Index(fields=["status", "-created_at", "-id"], name="refund_by_status"),
        )
        constraints = (
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_amount_is_positive"),
            models.CheckConstraint(
                condition=Q(status__in=[status.value for status in RefundStatus]), name="refund_status_is_known"
            ),
        )

    @property
    def money(self) -> Money:
        """The amount of this refund."""
        return Money(amount=self.amount, currency=self.currency)

    def end(self, *, code: str | None, at: datetime) -> None:
        """Note the outcome: sent back, or refused with a code."""
        self.status = RefundStatus(REFUND_MACHINE.target(self.status, "succeed" if code is None else "fail"))
        self.failure_code = code
        self.updated_at = at
        self.save(update_fields=["status", "failure_code", "updated_at"])
