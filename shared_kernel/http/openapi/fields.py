"""JSON schemas of our field types."""

from __future__ import annotations

from typing import Any

from django.core.validators import RegexValidator
from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from rest_framework import serializers

from shared_kernel.http.converters import id_schema
from shared_kernel.http.fields import EmailField, MoneyField, TypeIdField
from shared_kernel.money import CURRENCY_DIGITS, MAX_AMOUNT


def money_schema(*, least: int = -MAX_AMOUNT, most: int = MAX_AMOUNT) -> dict[str, Any]:
    """The schema of an amount of money between two amounts of minor units."""
    return {
        "type": "object",
        "required": ["amount", "currency"],
        "additionalProperties": False,
        "properties": {
            "amount": {
                "type": "integer",
                "minimum": least,
                "maximum": most,
                "description": "Minor units: cents for EUR, yen for JPY",
            },
            "currency": {"type": "string", "enum": sorted(CURRENCY_DIGITS), "description": "ISO 4217"},
        },
        "examples": [{"amount": 1999, "currency": "EUR"}],
    }


class MoneySchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """An amount and a currency."""

    target_class = "shared_kernel.http.fields.MoneyField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        field: MoneyField = self.target
        if direction == "request":
            return money_schema(least=field.min_amount, most=field.max_amount)
        return {"$ref": "#/components/schemas/Money"}


class TypeIdSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Text with the pattern of one prefix."""

    target_class = "shared_kernel.http.fields.TypeIdField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        field: TypeIdField = self.target
        return id_schema(field.prefix)


class TextSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Text with both bounds; where it may not be blank, at least one character that is none."""

    target_class = "shared_kernel.http.fields.TextField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        field: Any = self.target
        schema: dict[str, Any] = {"type": "string", "maxLength": field.max_length}
        if not field.allow_blank:
            schema["minLength"] = max(1, field.min_length or 1)
            # A validator's own pattern is added by the generator, if there is none yet.
            if not any(isinstance(validator, RegexValidator) for validator in field.validators):
                schema["pattern"] = r"\S"
        return schema


class EmailSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """An e-mail address."""

    target_class = "shared_kernel.http.fields.EmailField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        field: EmailField = self.target
        return {"type": "string", "format": "email", "maxLength": field.max_length}


LISTS: Any = (serializers.ListSerializer, serializers.ListField)


def list_bounds(field: Any) -> dict[str, int]:
    """`minItems` and `maxItems` of a list field, which the generator leaves out for lists of serializers."""
    if not isinstance(field, LISTS):
        return {}
    least = field.min_length if field.min_length is not None else (0 if field.allow_empty else 1)
    bounds = {"minItems": least} if least else {}
    if field.max_length is not None:
        bounds["maxItems"] = field.max_length
    return bounds
