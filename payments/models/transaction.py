"""A transaction: one effect asked of a provider, and what became of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import models
from django.db.models import Q

from payments.models.payment import Payment
from payments.policies import TRANSACTION_MACHINE, UNSETTLED, TransactionKind, TransactionState, provider_key
from shared_kernel.ids import new_id
from shared_kernel.models import DueRow
from shared_kernel.money import Money


class TransactionQuerySet(models.QuerySet["PaymentTransaction"]):
    """Questions about transactions."""

    def locked(self, transaction_id: UUID) -> PaymentTransaction:
        """One transaction under its row lock; the payment's lock is taken first, always."""
        return self.select_for_update().get(id=transaction_id)

    def unsettled(self) -> TransactionQuerySet:
        """Transactions whose outcome is not known."""
        return self.filter(state__in=UNSETTLED)

    def find_effect(self, kind: TransactionKind, reference_id: UUID) -> PaymentTransaction | None:
        """The transaction that carries this effect of a caller, if it was asked for."""
        return self.filter(kind=kind, reference_id=reference_id).first()


class PaymentTransaction(DueRow):
    """Append-only in meaning: a row is only ever settled, once, and never asked for anew under another key.

    `reference_id` is the caller's id of the effect (the payment's for authorizations), so that a repeated command finds
    its transaction. `provider_key` is fixed before the first try. `sent_at` is set, and committed, before a
    request can leave: from then on the provider may know of it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="transactions")
    kind = models.TextField(choices=[(kind.value, kind.value) for kind in TransactionKind])
    state = models.TextField(
        choices=[(state.value, state.value) for state in TransactionState], default=TransactionState.PENDING
    )
    reference_id = models.UUIDField()
    provider_key = models.TextField(unique=True)
    provider_reference = models.TextField(null=True)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    failure_code = models.TextField(null=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    objects = TransactionQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=["kind", "reference_id"], name="payment_transaction_effect_is_unique"),
            models.UniqueConstraint(
                fields=["payment", "kind"],
                condition=Q(kind__in=[TransactionKind.AUTHORIZE.value, TransactionKind.VOID.value])
                & ~Q(state=TransactionState.FAILED),
                name="payment_transaction_authorizes_and_voids_once",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_transaction_amount_is_positive"),
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in TransactionKind]), name="payment_transaction_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in TransactionState]),
                name="payment_transaction_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in UNSETTLED], settled_at=None)
                | (~Q(state__in=[state.value for state in UNSETTLED]) & Q(settled_at__isnull=False)),
                name="payment_transaction_settled_has_a_time",
            ),
        )

    @classmethod
    def request(
        cls, payment: Payment, kind: TransactionKind, *, reference_id: UUID, amount: int, at: datetime
    ) -> PaymentTransaction:
        """Write down what the provider will be asked, due at once; its key follows from the caller's id."""
        return cls.objects.create(
            payment=payment,
            kind=kind,
            reference_id=reference_id,
            provider_key=provider_key(kind, reference_id),
            amount=amount,
            currency=payment.currency,
            created_at=at,
            due_at=at,
        )

    @property
    def is_settled(self) -> bool:
        """Whether the outcome is known; it never changes after."""
        return self.state not in UNSETTLED

    @property
    def money(self) -> Money:
        """The amount of this transaction."""
        return Money(amount=self.amount, currency=self.currency)

    def begin(self, *, at: datetime) -> None:
        """Note that a request is about to leave."""
        if self.sent_at is None:
            self.sent_at = at
            self.save(update_fields=["sent_at"])

    def succeed(self, *, provider_reference: str, at: datetime) -> None:
        """Note that the provider did it."""
        self.provider_reference = provider_reference
        self._settle("succeed", at)

    def fail(self, *, code: str, at: datetime) -> None:
        """Note that the provider refused it, or that it was withdrawn before it left."""
        self.failure_code = code
        self._settle("fail", at)

    def lose_sight(self, *, error: str) -> None:
        """Note that the request may have taken effect; it is due again, to ask the provider."""
        if self.state == TransactionState.PENDING:
            self.state = TRANSACTION_MACHINE.target(self.state, "lose_sight")
            self.save(update_fields=["state"])
        self.retry(error=error)

    def _settle(self, command: str, at: datetime) -> None:
        self.state = TRANSACTION_MACHINE.target(self.state, command)
        self.settled_at = at
        self.save(update_fields=["state", "provider_reference", "failure_code", "settled_at"])
        self.finish()
