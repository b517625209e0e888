"""Admin pages of inventory: everything to look at, nothing to edit, and actions that call use cases."""

from __future__ import annotations

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
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
from shared_kernel import clock
from shared_kernel.admin_pages import ReadOnlyAdmin


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

        def act(product: Product) -> None:
            products.publish_product(product_id=product.id, now=clock.database_now(INVENTORY))

        self.run(request, rows, act, "{count} products are published.")

    @admin.action(description="Hide the selected products", permissions=["act"])
    def unpublish(self, request: HttpRequest, rows: QuerySet[Product]) -> None:
        """Hide them from buyers."""

        def act(product: Product) -> None:
            products.unpublish_product(product_id=product.id, now=clock.database_now(INVENTORY))

        self.run(request, rows, act, "{count} products are hidden.")


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

        def act(level: StockLevel) -> None:
            stock_counts.adjust_stock(
                variant_id=level.variant_id,
                location_id=level.location_id,
                delta=delta,
                reason=reason,
                now=clock.database_now(INVENTORY),
            )

        self.run(request, rows, act, "{count} stock levels are adjusted.")


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
