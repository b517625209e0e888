"""A payment: one attempt to collect the amount of one order, and the sums that belong to it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import models
from django.db.models import F, Q

from payments.api import PaymentNotFound, PaymentStatus
from payments.policies import PAYMENT_MACHINE, Sums, status_after_capture
from shared_kernel.errors import InvalidStateTransition
from shared_kernel.models import Aggregate
from shared_kernel.money import MAX_AMOUNT, Money

SUMS = ("authorized", "capturing", "captured", "voided", "refunding", "refunded")


class PaymentQuerySet(models.QuerySet["Payment"]):
    """Questions about payments."""

    def of_id(self, payment_id: UUID) -> Payment:
        """One payment.

        Raises:
            PaymentNotFound: no payment has this id.
        """
        try:
            return self.get(id=payment_id)
        except Payment.DoesNotExist:
            raise PaymentNotFound(payment_id=payment_id) from None

    def locked(self, payment_id: UUID) -> Payment:
        """One payment under its row lock, held to the end of the transaction.

        Raises:
            PaymentNotFound: no payment has this id.
        """
        return self.select_for_update().of_id(payment_id)


class Payment(Aggregate):
    """All sums are minor units of `currency`.

    `capturing` and `refunding` are asked for and not yet answered. `void_reason` is set as soon as somebody wants the
    payment called off, also while its outcome is still unknown. `method_token` is the provider's one-way name of the
    payment method, never card data.
    """

    order_id = models.UUIDField()
    customer_id = models.UUIDField(null=True)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    method_type = models.TextField()
    method_token = models.TextField()
    provider = models.TextField()
    status = models.TextField(choices=[(status.value, status.value) for status in PaymentStatus])
    authorized = models.BigIntegerField(default=0)
    capturing = models.BigIntegerField(default=0)
    captured = models.BigIntegerField(default=0)
    voided = models.BigIntegerField(default=0)
    refunding = models.BigIntegerField(default=0)
    refunded = models.BigIntegerField(default=0)
    last_error = models.TextField(null=True)
    void_reason = models.TextField(null=True)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        indexes = (
            models.Index(fields=["order_id", "id"], name="payment_by_order"),
            models.Index(fields=["-created_at", "-id"], name="payment_by_time"),
            models.Index(fields=["status", "-created_at", "-id"], name="payment_by_status"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["order_id"],
                condition=~Q(status=PaymentStatus.CANCELED),
                name="payment_is_one_active_per_order",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0, amount__lte=MAX_AMOUNT), name="payment_amount_is_possible"
            ),
            models.CheckConstraint(
                condition=Q(status__in=[status.value for status in PaymentStatus]), name="payment_status_is_known"
            ),
            models.CheckConstraint(
                condition=Q(**{f"{name}__gte": 0 for name in SUMS}), name="payment_sums_are_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(authorized__lte=F("amount")), name="payment_authorizes_at_most_its_amount"
            ),
            models.CheckConstraint(
                condition=Q(authorized__gte=F("captured") + F("capturing") + F("voided")),
                name="payment_captures_only_what_was_authorized",
            ),
            models.CheckConstraint(
                condition=Q(captured__gte=F("refunded") + F("refunding")), name="payment_refunds_only_what_was_captured"
            ),
        )

    @property
    def sums(self) -> Sums:
        """The sums of this payment, which keep its caps."""
        return Sums(amount=self.amount, **{name: getattr(self, name) for name in SUMS})

    def money(self, amount: int) -> Money:
        """An amount in the currency of this payment."""
        return Money(amount=amount, currency=self.currency)

    def allowed_actions(self, *actors: str) -> list[str]:
        """The commands that these kinds of principal may give now."""
        allowed = set(PAYMENT_MACHINE.commands(self.status, actors))
        if self.void_reason is not None or self.capturing:
            allowed.discard("void")
        if self.void_reason is not None or not self.sums.capturable:
            allowed.discard("capture")
        if not self.sums.refundable:
            allowed.discard("refund")
        return sorted(allowed)

    def require(self, command: str) -> None:
        """Assert that a command may be given now.

        Raises:
            InvalidStateTransition: the state does not allow it, or an earlier command is still under way.
        """
        PAYMENT_MACHINE.target(self.status, command)
        if self.void_reason is not None:
            raise self._busy(command, "being voided")
        if command == "void" and self.capturing:
            raise self._busy(command, "being captured")

    def authorize(self, *, at: datetime) -> None:
        """Note that the provider holds the money; a payment that is to be called off stays as it is until it is."""
        self.authorized = self.amount
        self.last_error = None
        if self.void_reason is None:
            self._move("authorize")
        self._keep(at)

    def decline(self, *, code: str, at: datetime) -> None:
        """Note that the provider refused; the order can be paid anew."""
        self.last_error = code
        self._move("decline")
        self._keep(at)

    def ask_void(self, *, reason: str, at: datetime) -> None:
        """Note that the payment is to be called off."""
        self.void_reason = reason
        self._keep(at)

    def cancel(self, *, reason: str, at: datetime, code: str | None = None) -> None:
        """Let go of what is authorized; the payment is over. A `code` says why the provider refused it before."""
        self.void_reason = reason
        self.last_error = code or self.last_error
        self.voided += self.sums.capturable
        self._move("void")
        self._keep(at)

    def keep_after_refused_void(self, *, code: str, at: datetime) -> None:
        """Note that the provider did not let go: what it holds is ours to capture or to void again."""
        self.void_reason = None
        self.last_error = code
        if self.status == PaymentStatus.PROCESSING:
            self._move("authorize")
        self._keep(at)

    def ask_capture(self, *, amount: int, at: datetime) -> None:
        """Set an amount apart for a capture that is asked for."""
        self.capturing += amount
        self._keep(at)

    def end_capture(self, *, amount: int, code: str | None, at: datetime) -> None:
        """Note the outcome of a capture: collected, or refused with a code."""
        self.capturing -= amount
        self.last_error = code
        if code is None:
            self.captured += amount
            self.status = status_after_capture(amount=self.amount, captured=self.captured)
        self._keep(at)

    def ask_refund(self, *, amount: int, at: datetime) -> None:
        """Set an amount apart for a refund that is asked for."""
        self.refunding += amount
        self._keep(at)

    def end_refund(self, *, amount: int, code: str | None, at: datetime) -> None:
        """Note the outcome of a refund: sent back, or refused with a code."""
        self.refunding -= amount
        if code is None:
            self.refunded += amount
        self._keep(at)

    def _move(self, command: str) -> None:
        self.status = PaymentStatus(PAYMENT_MACHINE.target(self.status, command))

    def _keep(self, at: datetime) -> None:
        self.updated_at = at
        self.save(update_fields=["status", *SUMS, "last_error", "void_reason", "updated_at"])

    def _busy(self, command: str, state: str) -> InvalidStateTransition:
        return InvalidStateTransition(
            resource=PAYMENT_MACHINE.resource,
            state=state,
            command=command,
            allowed_commands=self.allowed_actions("system"),
        )
