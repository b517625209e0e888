"""Read-only admin pages of orders, with actions that call use cases."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from orders.models import ORDERS, CheckoutLogEntry, CheckoutSaga, Order, OrderAddress, OrderLine, OrderMessage
from orders.policies import CancelReason
from orders.usecases import cancellation
from shared_kernel import clock
from shared_kernel.admin_pages import ReadOnlyAdmin


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    """Orders, without the guest's address."""

    secret = ("email",)
    list_display = ("number", "status", "payment_status", "currency", "total", "placed_at")
    list_filter = ("status", "payment_status", "currency")
    search_fields = ("number",)
    ordering = ("-created_at", "-id")
    actions = ("cancel", "return_money")

    @admin.action(description="Cancel the selected orders", permissions=["act"])
    def cancel(self, request: HttpRequest, rows: QuerySet[Order]) -> None:
        """Call orders off; stock and money follow."""

        def act(order: Order) -> None:
            cancellation.cancel_order(
                order_id=order.id, reason=CancelReason.OTHER, actor="staff", now=clock.database_now(ORDERS)
            )

        self.run(request, rows, act, "{count} orders canceled.")

    @admin.action(description="Try again to return the money of the selected orders", permissions=["act"])
    def return_money(self, request: HttpRequest, rows: QuerySet[Order]) -> None:
        """Have the checkout look again where a provider refused a refund or a void."""

        def act(order: Order) -> None:
            cancellation.return_money_again(order_id=order.id, actor="staff", now=clock.database_now(ORDERS))

        self.run(request, rows, act, "{count} orders looked at again.")

    def label(self, row: Any) -> str:
        """The number that buyers know."""
        return str(row.number)


@admin.register(OrderLine)
class OrderLineAdmin(ReadOnlyAdmin):
    """Lines of orders."""

    list_display = ("order_id", "position", "sku", "quantity", "unit_price", "total")
    ordering = ("-id",)


@admin.register(OrderAddress)
class OrderAddressAdmin(ReadOnlyAdmin):
    """Where orders go; who lives there is shown on the page of one address only."""

    list_display = ("order_id", "kind", "country")
    ordering = ("-id",)


@admin.register(CheckoutSaga)
class CheckoutSagaAdmin(ReadOnlyAdmin):
    """Where each order is on its way."""

    secret = ("payment_method",)
    list_display = ("order_id", "purpose", "state", "waiting_for", "due_at", "attempts", "last_error", "moved_at")
    list_filter = ("purpose", "is_over", "state")
    ordering = ("-started_at", "-id")


@admin.register(CheckoutLogEntry)
class CheckoutLogEntryAdmin(ReadOnlyAdmin):
    """Why each order is where it is."""

    list_display = ("order_id", "at", "step", "outcome", "from_state", "to_state", "detail", "actor")
    list_filter = ("outcome",)
    ordering = ("-id",)


@admin.register(OrderMessage)
class OrderMessageAdmin(ReadOnlyAdmin):
    """What buyers were told."""

    list_display = ("order_id", "template", "created_at", "sent_at", "refused", "attempts")
    list_filter = ("template",)
    ordering = ("-created_at", "-id")
