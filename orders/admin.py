"""Read-only admin pages of orders, with actions that call use cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from orders.models import ALIAS, CheckoutLogEntry, CheckoutSaga, Order, OrderAddress, OrderLine, OrderMessage
from orders.policies import CancelReason
from orders.usecases import cancellation
from shared_kernel import clock
from shared_kernel.errors import DomainError


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

        def cancel(order_id: UUID) -> object:
            return cancellation.cancel_order(
                order_id=order_id, reason=CancelReason.OTHER, actor="staff", now=clock.now(ALIAS)
            )

        self._run(request, rows, cancel, "{count} orders canceled.")

    @admin.action(description="Try again to return the money of the selected orders", permissions=["act"])
    def return_money(self, request: HttpRequest, rows: QuerySet[Order]) -> None:
        """Have the checkout look again where a provider refused a refund or a void."""

        def return_money(order_id: UUID) -> object:
            return cancellation.return_money_again(order_id=order_id, actor="staff", now=clock.now(ALIAS))

        self._run(request, rows, return_money, "{count} orders looked at again.")

    def _run(self, request: HttpRequest, rows: QuerySet[Order], act: Callable[[UUID], object], done: str) -> None:
        """Call a use case for each row, each in its own transaction, and tell what came of it."""
        count = 0
        for order in rows:
            try:
                with transaction.atomic(using=ALIAS, durable=True):
                    act(order.pk)
                count += 1
            except DomainError as refusal:
                self.message_user(request, f"{order.number}: {refusal}", messages.WARNING)
        self.message_user(request, done.format(count=count))


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
