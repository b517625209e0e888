"""Field types of the API: no coercion on the way in, one form on the way out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.core.validators import RegexValidator
from rest_framework import serializers

from shared_kernel.errors import Invalid
from shared_kernel.http.json_input import is_storable
from shared_kernel.http.members import timestamp
from shared_kernel.ids import decode_id, encode_id
from shared_kernel.money import CURRENCY_DIGITS, MAX_AMOUNT, Money

MOST_UNITS = 1_000_000
LARGEST_INTEGER = 2**63 - 1
LONGEST_EMAIL = 254
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


class TextField(serializers.CharField):
    """Text of bounded length; surrounding blanks are cut, other JSON types refused."""

    def __init__(self, *, max_length: int, **options: Any) -> None:
        super().__init__(max_length=max_length, **options)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or not is_storable(data):
            self.fail("invalid")
        return super().to_internal_value(data)


class EmailField(serializers.EmailField):
    """An e-mail address as typed; its case is kept."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=LONGEST_EMAIL, **options)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class WholeNumberField(serializers.IntegerField):
    """An integer; booleans, floats and digits in a string are refused."""

    def __init__(self, *, min_value: int = 0, max_value: int = LARGEST_INTEGER, **options: Any) -> None:
        super().__init__(min_value=min_value, max_value=max_value, **options)

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


class QuantityField(WholeNumberField):
    """A number of units, 1 to 1,000,000."""

    def __init__(self, *, min_value: int = 1, max_value: int = MOST_UNITS, **options: Any) -> None:
        super().__init__(min_value=min_value, max_value=max_value, **options)


class FlagField(serializers.BooleanField):
    """`true` or `false`, nothing that merely resembles them."""

    default_error_messages = {"invalid": "Must be true or false."}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


class ChoiceField(serializers.ChoiceField):
    """One of a few words; pass an enumeration's class or a sequence of words."""

    def __init__(self, choices: Any, **options: Any) -> None:
        words = [str(getattr(choice, "value", choice)) for choice in choices]
        # The original message repeats the input, whatever that is and however long.
        messages = {"invalid_choice": f"Must be one of {', '.join(words)}.", **options.pop("error_messages", {})}
        super().__init__(choices=words, error_messages=messages, **options)

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str):
            self.fail("invalid_choice")
        return super().to_internal_value(data)


class TimestampField(serializers.DateTimeField):
    """A moment in RFC 3339 with an offset; always UTC with `Z` on the way out."""

    default_error_messages = {"invalid": "Must be a moment such as 2030-01-31T12:00:00Z."}

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str):
            self.fail("invalid")
        moment = read_timestamp(value)
        if moment is None:
            self.fail("invalid")
        return moment

    def to_representation(self, value: Any) -> Any:
        return timestamp(value) if isinstance(value, datetime) else value


class TypeIdField(serializers.Field):  # type: ignore[type-arg]
    """A TypeID of one prefix outside, a UUID inside."""

    default_error_messages = {"invalid_id": "Must be an id of the form {prefix}_ followed by 26 characters."}

    def __init__(self, prefix: str, **options: Any) -> None:
        self.prefix = prefix
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> UUID:
        try:
            return decode_id(self.prefix, data if isinstance(data, str) else "")
        except Invalid:
            self.fail("invalid_id", prefix=self.prefix)

    def to_representation(self, value: Any) -> str:
        return encode_id(self.prefix, value)


class MoneyField(serializers.Field):  # type: ignore[type-arg]
    """`{"amount": 1999, "currency": "EUR"}` in minor units outside, `Money` inside."""

    default_error_messages = {
        "invalid": "Must be an object with `amount`, an integer of minor units, and `currency`, a code of ISO 4217.",
        "invalid_choice": "This currency is not known.",
        "min_value": "The amount must be at least {min_amount}.",
        "max_value": "The amount must be at most {max_amount}.",
        "unknown_field": "There is no such field.",
    }

    def __init__(self, *, min_amount: int = 0, max_amount: int = MAX_AMOUNT, **options: Any) -> None:
        self.min_amount = min_amount
        self.max_amount = max_amount
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> Money:
        if not isinstance(data, Mapping):
            self.fail("invalid")
        if unknown := [key for key in data if key not in {"amount", "currency"}]:
            raise serializers.ValidationError(
                {key: [self.error_messages["unknown_field"]] for key in unknown}, code="unknown_field"
            )
        amount, currency = data.get("amount"), data.get("currency")
        if isinstance(amount, bool) or not isinstance(amount, int) or not isinstance(currency, str):
            self.fail("invalid")
        if currency not in CURRENCY_DIGITS:
            self.fail("invalid_choice")
        if amount < self.min_amount:
            self.fail("min_value", min_amount=self.min_amount)
        if amount > self.max_amount:
            self.fail("max_value", max_amount=self.max_amount)
        return Money(amount=amount, currency=currency)

    def to_representation(self, value: Any) -> dict[str, Any]:
        return {"amount": value.amount, "currency": str(value.currency)}


class CurrencyField(ChoiceField):
    """An ISO 4217 code of a currency Ashlar trades in."""

    def __init__(self, **options: Any) -> None:
        options.pop("choices", None)
        super().__init__(sorted(CURRENCY_DIGITS), **options)


class CountryField(TextField):
    """An ISO 3166-1 alpha-2 code in capitals."""

    def __init__(self, **options: Any) -> None:
        options.pop("max_length", None)
        super().__init__(
            max_length=2,
            min_length=2,
            validators=[RegexValidator("^[A-Z]{2}\\Z", "Must be two capital letters, ISO 3166-1.", "invalid")],
            **options,
        )


def read_timestamp(text: str) -> datetime | None:
    """The UTC moment that RFC 3339 text names, None when it names none."""
    if not _RFC_3339.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
