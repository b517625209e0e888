"""Read-only admin pages of payments, with actions that call use cases; no page shows a provider's token."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from payments.models import JournalEntry, JournalLine, LedgerAccount, Payment, PaymentTransaction, Refund
from payments.policies import StaffReason
from payments.usecases import refunds, voids
from payments.usecases.alias import PAYMENTS
from shared_kernel import clock
from shared_kernel.errors import DomainError
from shared_kernel.ids import new_id


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs, not at run time
    """Pages to look at: rows are made and changed by use cases only."""

    secret: ClassVar[tuple[str, ...]] = ()

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Every column but the secret ones."""
        return [field.name for field in self.opts.fields if field.name not in self.secret]

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """All that is shown."""
        return self.get_fields(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody changes; actions ask for the permission by name."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody deletes."""
        return False

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Whether this member of staff may run the actions of the page."""
        return request.user.has_perm(f"{self.opts.app_label}.change_{self.opts.model_name}")


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    """Payments."""

    secret = ("method_token",)
    list_display = (
        "id",
        "order_id",
        "status",
        "amount",
        "currency",
        "captured",
        "refunded",
        "last_error",
        "created_at",
    )
    list_filter = ("status", "currency", "provider")
    search_fields = ("=id", "=order_id")
    ordering = ("-created_at",)
    actions = ("void", "refund_in_full")

    @admin.action(description="Void", permissions=["act"])
    def void(self, request: HttpRequest, queryset: QuerySet[Payment]) -> None:
        """Let go of what is authorized."""

        def act(payment: Payment) -> None:
            voids.void_payment(payment_id=payment.id, reason=StaffReason.OTHER, now=clock.now(PAYMENTS))

        self._run(request, queryset, act, "{count} payments are being voided.")

    @admin.action(description="Refund in full", permissions=["act"])
    def refund_in_full(self, request: HttpRequest, queryset: QuerySet[Payment]) -> None:
        """Send back all that is captured and not refunded."""

        def act(payment: Payment) -> None:
            refunds.refund_payment(
                payment_id=payment.id,
                refund_id=new_id(),
                amount=None,
                reason=StaffReason.OTHER,
                now=clock.now(PAYMENTS),
            )

        self._run(request, queryset, act, "{count} payments are being refunded.")

    def _run(self, request: HttpRequest, rows: QuerySet[Payment], act: Callable[[Payment], None], done: str) -> None:
        count = 0
        for row in rows:
            try:
                with transaction.atomic(using=PAYMENTS, durable=True):
                    act(row)
                count += 1
            except DomainError as refusal:
                self.message_user(request, f"{row.pk}: {refusal}", messages.WARNING)
        self.message_user(request, done.format(count=count))


@admin.register(PaymentTransaction)
class PaymentTransactionAdmin(ReadOnlyAdmin):
    """Requests to providers."""

    list_display = ("id", "payment_id", "kind", "state", "amount", "currency", "attempts", "due_at", "last_error")
    list_filter = ("kind", "state")
    search_fields = ("=id", "=payment__id", "=provider_key", "=provider_reference")
    ordering = ("-id",)


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    """Refunds."""

    list_display = ("id", "payment_id", "status", "amount", "currency", "reason", "failure_code", "created_at")
    list_filter = ("status", "reason")
    search_fields = ("=id", "=payment__id", "=payment__order_id")
    ordering = ("-created_at",)


@admin.register(LedgerAccount)
class LedgerAccountAdmin(ReadOnlyAdmin):
    """The chart of accounts."""

    list_display = ("id", "name", "type")


@admin.register(JournalEntry)
class JournalEntryAdmin(ReadOnlyAdmin):
    """Journals."""

    list_display = ("id", "kind", "payment_id", "order_id", "created_at")
    list_filter = ("kind",)
    search_fields = ("=id", "=payment_id", "=order_id")
    ordering = ("-created_at",)


@admin.register(JournalLine)
class JournalLineAdmin(ReadOnlyAdmin):
    """Lines of journals."""

    list_display = ("id", "entry_id", "account_id", "side", "amount", "currency")
    list_filter = ("account", "side", "currency")
    search_fields = ("=entry__id", "=entry__order_id")
    ordering = ("-id",)
