"""Serializers that read requests: what they do not name is refused, what they name is taken as it stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from shared_kernel.http import fields

# Field classes that convert or have no bound, and what to use instead.
LOOSE = {
    serializers.CharField: "TextField",
    serializers.EmailField: "EmailField",
    serializers.IntegerField: "WholeNumberField or QuantityField",
    serializers.FloatField: "MoneyField or WholeNumberField",
    serializers.DecimalField: "MoneyField or WholeNumberField",
    serializers.BooleanField: "FlagField",
    serializers.ChoiceField: "ChoiceField",
    serializers.DateTimeField: "TimestampField",
    serializers.UUIDField: "TypeIdField",
    serializers.JSONField: "a serializer",
}
UNKNOWN = "There is no such field."


class StrictSerializer(serializers.Serializer[Any]):
    """The base of every request body.

    A member it does not declare as writable is refused. Field classes that convert values, and lists without an upper
    bound, are refused when the class is made.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        declared: dict[str, Any] = getattr(cls, "_declared_fields", {})
        for name, field in declared.items():
            _refuse_loose(cls.__name__, name, field)

    def to_internal_value(self, data: Any) -> Any:
        """The validated values; unknown members are reported together with the other errors."""
        errors: dict[str, Any] = {}
        if isinstance(data, Mapping):
            known = {field.field_name for field in self._writable_fields}
            errors = {key: [ErrorDetail(UNKNOWN, code="unknown_field")] for key in data if key not in known}
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if not isinstance(error.detail, dict):
                raise
            raise serializers.ValidationError({**errors, **error.detail}) from error
        if errors:
            raise serializers.ValidationError(errors)
        return values


class EmptyRequest(StrictSerializer):
    """The body of a command that takes nothing: none, or an empty object."""


LISTS: Any = (serializers.ListSerializer, serializers.ListField)


def _refuse_loose(owner: str, name: str, field: Any) -> None:
    if field.read_only:
        return
    if isinstance(field, LISTS):
        if field.max_length is None:
            raise TypeError(f"{owner}.{name} is a list without max_length")
        _refuse_loose(owner, f"{name}[]", field.child)
    elif isinstance(field, serializers.Serializer) and not isinstance(field, StrictSerializer):
        raise TypeError(f"{owner}.{name} is not a StrictSerializer")
    elif type(field) in LOOSE:
        raise TypeError(f"{owner}.{name} would convert its input: use {LOOSE[type(field)]} of {fields.__name__}")
