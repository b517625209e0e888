"""The ledger: accounts and journals of two or more balanced lines, never changed once written."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db import models
from django.db.models import BigIntegerField, Case, F, Q, Sum, When
from django.db.models.functions import Coalesce

from payments.models.transaction import PaymentTransaction
from payments.policies import Account, AccountType, Side
from shared_kernel.ids import new_id
from shared_kernel.money import Money

APPEND_ONLY = ("SELECT", "INSERT")


class LedgerAccount(models.Model):
    """An account of the chart of accounts, its id a word; migrations open accounts, nothing at run time does."""

    app_privileges: ClassVar[tuple[str, ...]] = ("SELECT",)

    id = models.TextField(primary_key=True, choices=[(account.value, account.value) for account in Account])
    name = models.TextField()
    type = models.TextField(choices=[(kind.value, kind.value) for kind in AccountType])

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(type__in=[kind.value for kind in AccountType]), name="ledger_account_type_is_known"
            ),
        )


class JournalEntry(models.Model):
    """One journal: what a succeeded transaction did to the books.

    `order_id` is copied from the payment, so that the books can be read by order alone.
    """

    app_privileges: ClassVar[tuple[str, ...]] = APPEND_ONLY

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    transaction = models.OneToOneField(PaymentTransaction, on_delete=models.PROTECT, related_name="journal")
    payment_id = models.UUIDField()
    order_id = models.UUIDField()
    kind = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "journal entries"
        ordering = ("id",)
        indexes = (
            models.Index(fields=["payment_id"], name="journal_entry_by_payment"),
            models.Index(fields=["order_id"], name="journal_entry_by_order"),
            models.Index(fields=["-created_at", "-id"], name="journal_entry_by_time"),
        )


def _sum_of(side: Side) -> Coalesce:
    amount = Case(When(side=side, then=F("amount")), default=0, output_field=BigIntegerField())
    return Coalesce(Sum(amount), 0, output_field=BigIntegerField())


class LineQuerySet(models.QuerySet["JournalLine"]):
    """Questions about lines."""

    def balances(self, *group: str) -> models.QuerySet[JournalLine, dict[str, Any]]:
        """The sums `debit` and `credit` in minor units per `group` and currency."""
        groups = self.order_by(*group, "currency").values(*group, "currency")
        balances: models.QuerySet[JournalLine, dict[str, Any]] = groups.annotate(
            debit=_sum_of(Side.DEBIT), credit=_sum_of(Side.CREDIT)
        )
        return balances


class JournalLine(models.Model):
    """A positive amount in minor units on one side of one account."""

    app_privileges: ClassVar[tuple[str, ...]] = APPEND_ONLY

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="lines")
    account = models.ForeignKey(LedgerAccount, on_delete=models.PROTECT, related_name="lines")
    side = models.TextField(choices=[(side.value, side.value) for side in Side])
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    objects = LineQuerySet.as_manager()

    account_id: str
    entry_id: UUID

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(condition=Q(amount__gt=0), name="journal_line_amount_is_positive"),
            models.CheckConstraint(
                condition=Q(side__in=[side.value for side in Side]), name="journal_line_side_is_known"
            ),
        )

    @property
    def money(self) -> Money:
        """The amount of this line."""
        return Money(amount=self.amount, currency=self.currency)
