"""Read-only admin pages of payments, with actions that call use cases; no page shows a provider's token."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from payments.models import PAYMENTS, JournalEntry, JournalLine, LedgerAccount, Payment, PaymentTransaction, Refund
from payments.policies import StaffReason
from payments.usecases import refunds, voids
from shared_kernel import clock
from shared_kernel.admin_pages import ReadOnlyAdmin
from shared_kernel.ids import new_id


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
            voids.void_payment(payment_id=payment.id, reason=StaffReason.OTHER, now=clock.database_now(PAYMENTS))

        self.run(request, queryset, act, "{count} payments are being voided.")

    @admin.action(description="Refund in full", permissions=["act"])
    def refund_in_full(self, request: HttpRequest, queryset: QuerySet[Payment]) -> None:
        """Send back all that is captured and not refunded."""

        def act(payment: Payment) -> None:
            refunds.refund_payment(
                payment_id=payment.id,
                refund_id=new_id(),
                amount=None,
                reason=StaffReason.OTHER,
                now=clock.database_now(PAYMENTS),
            )

        self.run(request, queryset, act, "{count} payments are being refunded.")


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
