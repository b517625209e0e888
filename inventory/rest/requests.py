"""What staff and services may send to inventory."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from rest_framework import serializers

from inventory.policies import HANDLE_PATTERN, MAX_UNITS, MAX_VARIANTS, STAFF_REASONS, Publication
from inventory.usecases.product_sheets import ProductSheet, VariantSheet
from shared_kernel.http.fields import (
    ChoiceField,
    MoneyField,
    TextField,
    TypeIdField,
    WholeNumberField,
)
from shared_kernel.http.serializers import StrictSerializer

HANDLE_FORM = re.compile(HANDLE_PATTERN)


class StockInput(StrictSerializer):
    """Units on hand at one location."""

    location_id = TypeIdField("loc")
    on_hand = WholeNumberField(max_value=MAX_UNITS)


class OptionInput(StrictSerializer):
    """What tells a variant from its siblings."""

    name = TextField(max_length=100)
    value = TextField(max_length=100)


class VariantInput(StrictSerializer):
    """One form of a new product."""

    sku = TextField(max_length=100)
    options = serializers.ListField(child=OptionInput(), max_length=3, required=False)
    prices = serializers.ListField(child=MoneyField(), max_length=50, required=False)
    stock = serializers.ListField(child=StockInput(), max_length=50, required=False)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """Refuse what is said twice."""
        _once(values, "options", lambda option: option["name"])
        _once(values, "prices", lambda price: price.currency)
        _once(values, "stock", lambda place: place["location_id"])
        return values


class CreateProductRequest(StrictSerializer):
    """A new product with its variants."""

    handle = TextField(max_length=200)
    title = TextField(max_length=300)
    description = TextField(max_length=20_000, required=False, allow_blank=True)
    publication = ChoiceField(Publication, required=False)
    variants = serializers.ListField(child=VariantInput(), min_length=1, max_length=MAX_VARIANTS)

    def validate_handle(self, handle: str) -> str:
        """Refuse what cannot stand in a path."""
        if not HANDLE_FORM.fullmatch(handle):
            raise serializers.ValidationError("Must have neither blanks nor slashes.", code="invalid")
        return handle

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """Refuse a SKU that is given twice."""
        _once(values, "variants", lambda variant: variant["sku"])
        return values


class EditProductRequest(StrictSerializer):
    """A merge patch of a product's texts."""

    title = TextField(max_length=300, required=False)
    description = TextField(max_length=20_000, required=False, allow_blank=True)


class SetPriceRequest(StrictSerializer):
    """What a variant costs from now on, in one currency."""

    variant_id = TypeIdField("var")
    price = MoneyField()


class AdjustStockRequest(StrictSerializer):
    """Units that came to or left a location."""

    variant_id = TypeIdField("var")
    location_id = TypeIdField("loc")
    delta = WholeNumberField(min_value=-MAX_UNITS, max_value=MAX_UNITS)
    reason = ChoiceField(STAFF_REASONS)

    def validate_delta(self, delta: int) -> int:
        """Refuse a change that is none."""
        if delta == 0:
            raise serializers.ValidationError("Must not be 0.", code="invalid")
        return delta


class SetStockLevelRequest(StrictSerializer):
    """What was counted at a location, and how much of it is kept back."""

    on_hand = WholeNumberField(max_value=MAX_UNITS)
    safety_stock = WholeNumberField(max_value=MAX_UNITS)


def product_sheet(values: dict[str, Any]) -> ProductSheet:
    """The sheet that a request to create a product describes."""
    return ProductSheet(
        handle=values["handle"],
        title=values["title"],
        description=values.get("description", ""),
        publication=values.get("publication", Publication.DRAFT),
        variants=[
            VariantSheet(
                sku=variant["sku"],
                options={option["name"]: option["value"] for option in variant.get("options", [])},
                prices={price.currency: price.amount for price in variant.get("prices", [])},
                stock={place["location_id"]: place["on_hand"] for place in variant.get("stock", [])},
            )
            for variant in values["variants"]
        ],
    )


def _once(values: dict[str, Any], name: str, key: Callable[[Any], object]) -> None:
    keys = [key(item) for item in values.get(name, [])]
    if len(set(keys)) != len(keys):
        raise serializers.ValidationError({name: ["Says the same thing twice."]}, code="invalid")
