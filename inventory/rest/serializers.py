"""What inventory shows: the catalog and the stock."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rest_framework import serializers

from inventory.api import ReservationState
from inventory.models import Product, Reservation, StockMovement
from inventory.policies import PRODUCT, RESERVATION, AdjustmentReason, Bucket, MovementReason, Publication
from shared_kernel.http.fields import ChoiceField, MoneyField, TimestampField, TypeIdField
from shared_kernel.ids import encode_id
from shared_kernel.money import Money

STAFF = ("staff", "service")


class PricesField(serializers.ListField):
    """The prices of a variant that hold now, in the one currency that was asked for or in all."""

    child = MoneyField()

    def get_attribute(self, instance: Any) -> list[Money]:
        wanted = self.context.get("currency")
        return [price.money for price in instance.current_prices if wanted in (None, price.currency)]


class VariantView(serializers.Serializer[Any]):
    """One form of a product, with the prices that hold now."""

    id = TypeIdField("var")
    product_id = TypeIdField("prd")
    sku = serializers.CharField()
    title = serializers.CharField()
    options = serializers.DictField(child=serializers.CharField())
    prices = PricesField()


class ProductView(serializers.Serializer[Any]):
    """A product as buyers see it."""

    id = TypeIdField("prd")
    handle = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField()
    variants = VariantView(many=True, source="variants.all")
    created_at = TimestampField()
    updated_at = TimestampField()


class AdminProductView(ProductView):
    """A product as staff see it."""

    publication = ChoiceField(Publication)
    allowed_actions = serializers.SerializerMethodField()

    def get_allowed_actions(self, product: Product) -> list[str]:
        """The commands that staff may give it now."""
        return PRODUCT.commands(product.publication, STAFF)


class PlaceAvailabilityView(serializers.Serializer[Any]):
    """What one location could give."""

    location_id = TypeIdField("loc", source="location.id")
    code = serializers.CharField(source="location.code")
    name = serializers.CharField(source="location.name")
    available = serializers.IntegerField()


class AvailabilityView(serializers.Serializer[Any]):
    """How many units of a variant could be sold now."""

    variant_id = TypeIdField("var")
    available = serializers.IntegerField()
    locations = PlaceAvailabilityView(many=True, source="places")


class PriceView(serializers.Serializer[Any]):
    """A price and since when it holds."""

    variant_id = TypeIdField("var")
    price = MoneyField(source="money")
    valid_from = TimestampField()


class StockLevelView(serializers.Serializer[Any]):
    """The units of one variant at one location."""

    id = TypeIdField("lvl")
    variant_id = TypeIdField("var")
    sku = serializers.CharField(source="variant.sku")
    location_id = TypeIdField("loc")
    location_code = serializers.CharField(source="location.code")
    on_hand = serializers.IntegerField()
    reserved = serializers.IntegerField()
    committed = serializers.IntegerField()
    safety_stock = serializers.IntegerField()
    available = serializers.IntegerField()
    updated_at = TimestampField()


class AdjustmentView(serializers.Serializer[Any]):
    """One change of the units on hand, and the level as it left it."""

    id = TypeIdField("adj")
    delta = serializers.IntegerField()
    reason = ChoiceField(AdjustmentReason)
    created_at = TimestampField()
    level = StockLevelView()


class MovementView(serializers.Serializer[Any]):
    """One change of one bucket; `reference` is the reservation or the adjustment that asked for it."""

    id = TypeIdField("mov")
    level_id = TypeIdField("lvl")
    variant_id = TypeIdField("var", source="level.variant_id")
    location_id = TypeIdField("loc", source="level.location_id")
    bucket = ChoiceField(Bucket)
    delta = serializers.IntegerField()
    reason = ChoiceField([*MovementReason, *AdjustmentReason])
    reference = serializers.SerializerMethodField()
    actor = serializers.CharField()
    at = TimestampField()

    def get_reference(self, movement: StockMovement) -> str:
        """The id of what asked for it."""
        return encode_id(
            "adj" if movement.reason in AdjustmentReason.__members__.values() else "res", movement.reference
        )


class StateNowField(ChoiceField):
    """The state of a reservation as it reads at the moment `now` of the context."""

    def __init__(self, **options: Any) -> None:
        options.pop("choices", None)
        super().__init__(RESERVATION.states, **options)

    def get_attribute(self, instance: Reservation) -> str:
        return instance.state_at(self.context["now"]).value


class RunsOutField(TimestampField):
    """When a hold runs out, as long as it still can."""

    def get_attribute(self, instance: Reservation) -> datetime | None:
        return instance.expires_at if instance.state_at(self.context["now"]) is ReservationState.HELD else None


class ReservationLineView(serializers.Serializer[Any]):
    """Units of one variant, with the price they were held at."""

    variant_id = TypeIdField("var")
    product_id = TypeIdField("prd")
    sku = serializers.CharField()
    title = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_price = MoneyField()


class ReservationView(serializers.Serializer[Any]):
    """Stock set aside for an order, as it reads now."""

    id = TypeIdField("res")
    order_id = TypeIdField("ord")
    status = StateNowField()
    currency = serializers.CharField()
    lines = ReservationLineView(many=True, source="lines.all")
    expires_at = RunsOutField(allow_null=True)
    allowed_actions = serializers.SerializerMethodField()
    created_at = TimestampField()
    updated_at = TimestampField()

    def get_allowed_actions(self, reservation: Reservation) -> list[str]:
        """The commands that staff may give it now."""
        return RESERVATION.commands(reservation.state_at(self.context["now"]), STAFF)
