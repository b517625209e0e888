"""Kinds of filters a list declares: each reads its query values strictly and turns them into a condition."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar

from django.db.models import Q

from shared_kernel.errors import Invalid
from shared_kernel.http.converters import id_schema
from shared_kernel.http.fields import LARGEST_INTEGER, read_timestamp
from shared_kernel.http.json_input import is_storable
from shared_kernel.ids import decode_id

MOST_VALUES = 50
MOST_DIGITS = 19
COMPARISONS = ("gt", "gte", "lt", "lte")


class InvalidValue(ValueError):
    """A query value that a filter cannot take; `code` is one of the field codes."""

    def __init__(self, code: str, detail: str) -> None:
        self.code = code
        super().__init__(detail)


class Filter(ABC):
    """One declared filter; `column` is the lookup path where it differs from the parameter's name."""

    # The operators besides plain equality, written `name[gte]=`.
    operators: ClassVar[tuple[str, ...]] = ()
    # Whether `name=a,b` means one of several.
    several: ClassVar[bool] = True
    # What the values mean to a client, where the parameter's name does not say it.
    meaning: ClassVar[str] = ""

    def __init__(self, column: str | None = None) -> None:
        self.column = column

    @abstractmethod
    def read(self, text: str) -> Any:
        """One value.

        Raises:
            InvalidValue: it is none.
        """

    @abstractmethod
    def schema(self) -> dict[str, Any]:
        """The JSON schema of one value."""

    def values(self, text: str, operator: str | None) -> list[Any]:
        """The values of a parameter, at most fifty.

        Raises:
            InvalidValue: one of them is none, or they are too many.
        """
        words = text.split(",") if self.several and operator is None else [text]
        if len(words) > MOST_VALUES:
            raise InvalidValue("max_length", f"At most {MOST_VALUES} values.")
        return [self.read(word) for word in words]

    def condition(self, name: str, operator: str | None, values: list[Any]) -> Q:
        """The condition for the query set."""
        column = self.column or name
        if operator is not None:
            return Q(**{f"{column}__{operator}": values[0]})
        return Q(**{column: values[0]}) if len(values) == 1 else Q(**{f"{column}__in": values})


class OneOf(Filter):
    """One of a few words, or several: an enumeration's class or a sequence of words."""

    def __init__(self, choices: Iterable[Any], column: str | None = None) -> None:
        super().__init__(column)
        self.words = [str(getattr(choice, "value", choice)) for choice in choices]

    def read(self, text: str) -> str:
        if text not in self.words:
            raise InvalidValue("invalid_choice", f"Must be one of {', '.join(self.words)}.")
        return text

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": self.words}


class IdIs(Filter):
    """A TypeID of one prefix, or several."""

    def __init__(self, prefix: str, column: str | None = None) -> None:
        super().__init__(column)
        self.prefix = prefix

    def read(self, text: str) -> Any:
        try:
            return decode_id(self.prefix, text)
        except Invalid as error:
            raise InvalidValue("invalid_id", str(error)) from error

    def schema(self) -> dict[str, Any]:
        return id_schema(self.prefix)


class TextIs(Filter):
    """Text that equals the column, or `lookup` it (`istartswith`); one value only, because text may hold commas."""

    several = False
    meaning = "Exactly this text."

    def __init__(self, *, max_length: int, column: str | None = None, lookup: str = "exact") -> None:
        super().__init__(column)
        self.max_length = max_length
        self.lookup = lookup

    def read(self, text: str) -> str:
        if not text or not is_storable(text):
            raise InvalidValue("invalid_text" if text else "blank", "Must be some text without NUL.")
        if len(text) > self.max_length:
            raise InvalidValue("max_length", f"At most {self.max_length} characters.")
        return text

    def condition(self, name: str, operator: str | None, values: list[Any]) -> Q:
        return Q(**{f"{self.column or name}__{self.lookup}": values[0]})

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": self.max_length}


class Moments(Filter):
    """A moment in RFC 3339, mostly as a range: `created_at[gte]=`."""

    operators: ClassVar[tuple[str, ...]] = COMPARISONS
    several = False
    meaning = "A moment in RFC 3339, such as 2030-01-31T12:00:00Z."

    def read(self, text: str) -> Any:
        # In a query string an unescaped + arrives as a blank.
        moment = read_timestamp(text.replace(" ", "+"))
        if moment is None:
            raise InvalidValue("invalid", "Must be a moment such as 2030-01-31T12:00:00Z.")
        return moment

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date-time"}


class WholeNumbers(Filter):
    """An integer, plain or as a range."""

    operators: ClassVar[tuple[str, ...]] = COMPARISONS
    several = False

    def __init__(self, *, min_value: int = 0, max_value: int = LARGEST_INTEGER, column: str | None = None) -> None:
        super().__init__(column)
        self.min_value = min_value
        self.max_value = max_value

    def read(self, text: str) -> int:
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdigit()) or len(digits) > MOST_DIGITS:
            raise InvalidValue("invalid", "Must be an integer.")
        number = int(text)
        if number < self.min_value:
            raise InvalidValue("min_value", f"Must be at least {self.min_value}.")
        if number > self.max_value:
            raise InvalidValue("max_value", f"Must be at most {self.max_value}.")
        return number

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.min_value, "maximum": self.max_value}


class Flag(Filter):
    """`true` or `false`."""

    several = False

    def read(self, text: str) -> bool:
        if text not in {"true", "false"}:
            raise InvalidValue("invalid", "Must be true or false.")
        return text == "true"

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}
