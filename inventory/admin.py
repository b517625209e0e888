"""Admin pages of inventory: everything to look at, nothing to edit, and actions that call use cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from inventory.models import (
    INVENTORY,
    Location,
    Price,
    Product,
    Reservation,
    ReservationAllocation,
    ReservationLine,
    StockAdjustment,
    StockLevel,
    StockMovement,
    Variant,
)
from inventory.policies import MAX_UNITS, AdjustmentReason
from inventory.usecases import products, stock_counts
from shared_kernel import call_context, clock
from shared_kernel.call_context import Actor, ActorKind, CallContext
from shared_kernel.errors import DomainError
from shared_kernel.ids import new_id


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # generic in the stubs, not at run time
    """Pages to look at: rows are made and changed by use cases only."""

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        """Every column."""
        return [field.name for field in self.opts.fields]

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

    def run(self, request: HttpRequest, rows: QuerySet[Any], act: Callable[[Any], object]) -> None:
        """Call a use case for each row, each in a transaction of its own, and tell what came of it."""
        actor = Actor(kind=ActorKind.STAFF, id=f"admin:{request.user.pk}")
        done = 0
        with call_context.entered(CallContext(actor=actor, correlation_id=new_id())):
            for row in rows:
                try:
                    with transaction.atomic(using=INVENTORY, durable=True):
                        act(row)
                    done += 1
                except DomainError as refusal:
                    self.message_user(request, f"{row.pk}: {refusal}", messages.WARNING)
        self.message_user(request, f"Done for {done}.")


@admin.register(Product)
class ProductAdmin(ReadOnlyAdmin):
    """What the shop offers."""

    list_display = ("handle", "title", "publication", "version", "updated_at")
    list_filter = ("publication",)
    search_fields = ("=handle", "search_title__startswith")
    ordering = ("-created_at", "-id")
    actions = ("publish", "unpublish")

    @admin.action(description="Publish the selected products", permissions=["act"])
    def publish(self, request: HttpRequest, rows: QuerySet[Product]) -> None:
        """Show them to buyers."""
        self.run(request, rows, lambda row: products.publish_product(product_id=row.pk, now=clock.now(INVENTORY)))

    @admin.action(description="Hide the selected products", permissions=["act"])
    def unpublish(self, request: HttpRequest, rows: QuerySet[Product]) -> None:
        """Hide them from buyers."""
        self.run(request, rows, lambda row: products.unpublish_product(product_id=row.pk, now=clock.now(INVENTORY)))


@admin.register(Variant)
class VariantAdmin(ReadOnlyAdmin):
    """The forms of products."""

    list_display = ("sku", "product_handle", "title", "position")
    list_select_related = ("product",)
    search_fields = ("=sku", "=product__handle")
    ordering = ("-id",)

    @admin.display(description="product")
    def product_handle(self, variant: Variant) -> str:
        """Which product."""
        return variant.product.handle


@admin.register(Price)
class PriceAdmin(ReadOnlyAdmin):
    """Prices, past and present."""

    list_display = ("sku", "currency", "amount", "valid_from", "valid_to")
    list_filter = ("currency",)
    list_select_related = ("variant",)
    search_fields = ("=variant__sku",)
    ordering = ("-id",)

    @admin.display
    def sku(self, price: Price) -> str:
        """Which variant."""
        return price.variant.sku


@admin.register(Location)
class LocationAdmin(ReadOnlyAdmin):
    """Places where stock is kept."""

    list_display = ("code", "name", "position")
    ordering = ("position", "id")


class AdjustmentForm(ActionForm):
    """How many units came or went, beside the choice of the action."""

    delta = forms.IntegerField(min_value=-MAX_UNITS, max_value=MAX_UNITS, required=False)
    reason = forms.ChoiceField(
        choices=[
            (reason.value, reason.value) for reason in AdjustmentReason if reason is not AdjustmentReason.IMPORTED
        ],
        required=False,
    )


@admin.register(StockLevel)
class StockLevelAdmin(ReadOnlyAdmin):
    """How many units are where."""

    list_display = ("sku", "location_code", "on_hand", "reserved", "committed", "safety_stock", "available")
    list_filter = ("location__code",)
    list_select_related = ("variant", "location")
    search_fields = ("=variant__sku",)
    ordering = ("-id",)
    action_form = AdjustmentForm
    actions = ("adjust",)

    @admin.display
    def sku(self, level: StockLevel) -> str:
        """Which variant."""
        return level.variant.sku

    @admin.display(description="location")
    def location_code(self, level: StockLevel) -> str:
        """Which place."""
        return level.location.code

    @admin.action(description="Adjust the units on hand by", permissions=["act"])
    def adjust(self, request: HttpRequest, rows: QuerySet[StockLevel]) -> None:
        """Add the units of the form to each selected level, or take them away."""
        form = AdjustmentForm({**request.POST.dict(), "action": "adjust"})
        form.fields["action"].choices = [("adjust", "adjust")]  # type: ignore[attr-defined]  # a choice field
        delta = form.cleaned_data.get("delta") if form.is_valid() else None
        if not delta:
            self.message_user(request, "Say by how many units, for example 5 or -2.", messages.ERROR)
            return
        reason = AdjustmentReason(form.cleaned_data["reason"])
        self.run(
            request,
            rows,
            lambda level: stock_counts.adjust_stock(
                variant_id=level.variant_id,
                location_id=level.location_id,
                delta=delta,
                reason=reason,
                now=clock.now(INVENTORY),
            ),
        )


@admin.register(StockAdjustment)
class StockAdjustmentAdmin(ReadOnlyAdmin):
    """Changes by staff and import."""

    list_display = ("id", "level_id", "delta", "reason", "created_at")
    ordering = ("-id",)


@admin.register(StockMovement)
class StockMovementAdmin(ReadOnlyAdmin):
    """The journal of all changes."""

    list_display = ("at", "level_id", "bucket", "delta", "reason", "reference", "actor")
    list_filter = ("bucket", "reason")
    ordering = ("-at", "-id")


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    """Stock set aside for orders."""

    list_display = ("id", "order_id", "state", "currency", "expires_at", "updated_at")
    list_filter = ("state",)
    search_fields = ("=order_id",)
    ordering = ("-created_at", "-id")


@admin.register(ReservationLine)
class ReservationLineAdmin(ReadOnlyAdmin):
    """What is set aside, with its price."""

    list_display = ("reservation_id", "position", "sku", "title", "quantity", "unit_amount")
    ordering = ("-id",)


@admin.register(ReservationAllocation)
class ReservationAllocationAdmin(ReadOnlyAdmin):
    """Where what is set aside stands."""

    list_display = ("line_id", "level_id", "quantity")
    ordering = ("-id",)
