"""What a list accepts in its query string, declared once: filters, order, expands; anything else is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.http import QueryDict

from shared_kernel.http import cursors
from shared_kernel.http.filters import (
    Filter,
    Flag,
    IdIs,
    InvalidValue,
    Moments,
    OneOf,
    TextIs,
    WholeNumbers,
)
from shared_kernel.http.problems import invalid_parameter

__all__ = ["Filter", "Flag", "IdIs", "Listing", "ListingRequest", "Moments", "OneOf", "TextIs", "WholeNumbers"]

DEFAULT_LIMIT = 25
MOST_ROWS = 100
MOST_DIGITS = 3
DEEPEST_EXPAND = 2
_PARAMETER = re.compile(r"([a-z][a-z0-9_]*)(?:\[([a-z]+)\])?")


@dataclass(frozen=True, kw_only=True)
class ListingRequest:
    """A query string as understood: conditions, order, page and expands."""

    condition: Q = field(default_factory=Q)
    values: Mapping[str, Any] = field(default_factory=dict)
    sort: str | None = None
    limit: int = DEFAULT_LIMIT
    after: list[str] | None = None
    expands: frozenset[str] = frozenset()
    scope: str = ""


@dataclass(frozen=True, kw_only=True)
class Listing:
    """The declaration of one list, or of the query parameters of any other read (`paged=False`).

    `sort` names columns that have an index together with the id; `default` is one of them, with `-` for descending.
    `expand` names paths of at most two steps, such as `lines.variant`. `filters` maps parameter names to filters.
    """

    filters: Mapping[str, Filter] = field(default_factory=dict)
    sort: Sequence[str] = ()
    default: str | None = None
    expand: Sequence[str] = ()
    paged: bool = True

    def __post_init__(self) -> None:
        if self.paged and (self.default or "").removeprefix("-") not in self.sort:
            raise TypeError("the default order of a paged list is one of its sort keys")
        if any(path.count(".") >= DEEPEST_EXPAND for path in self.expand):
            raise TypeError(f"an expand has at most {DEEPEST_EXPAND} steps")

    def read(self, query: QueryDict, *, path: str) -> ListingRequest:
        """Understand a query string completely; `path` is the list it was sent to.

        Raises:
            ProblemError: 422 with the parameter that is unknown, repeated or not valid.
        """
        condition = Q()
        values: dict[str, Any] = {}
        texts = _single_values(query)
        for parameter, text in texts.items():
            if self._is_of_page(parameter):
                continue
            name, operator, accepts = self._filter(parameter)
            try:
                found = accepts.values(text, operator)
            except InvalidValue as error:
                raise invalid_parameter(parameter, error.code, str(error)) from error
            condition &= accepts.condition(name, operator, found)
            values[parameter] = found
        sort = self._sort(texts.get("sort")) if self.paged else None
        scope = cursors.scope_of(path, sort, {name: texts[name] for name in values})
        return ListingRequest(
            condition=condition,
            values=values,
            sort=sort,
            limit=self._limit(texts.get("limit")) if self.paged else DEFAULT_LIMIT,
            after=self._after(texts.get("after"), scope) if self.paged else None,
            expands=self._expands(texts.get("expand")),
            scope=scope,
        )

    def _is_of_page(self, parameter: str) -> bool:
        return (parameter == "expand" and bool(self.expand)) or (self.paged and parameter in {"limit", "after", "sort"})

    def _filter(self, parameter: str) -> tuple[str, str | None, Filter]:
        match = _PARAMETER.fullmatch(parameter)
        accepts = self.filters.get(match[1]) if match else None
        if match is None or accepts is None or (match[2] and match[2] not in accepts.operators):
            raise _unknown(parameter)
        return match[1], match[2], accepts

    def _sort(self, text: str | None) -> str | None:
        if text is None:
            return self.default
        if text.removeprefix("-") not in self.sort:
            keys = ", ".join(f"{key}, -{key}" for key in self.sort)
            raise invalid_parameter("sort", "invalid_choice", f"Must be one of {keys}.")
        return text

    def _limit(self, text: str | None) -> int:
        if text is None:
            return DEFAULT_LIMIT
        if not (text.isascii() and text.isdigit()) or len(text) > MOST_DIGITS or not 1 <= int(text) <= MOST_ROWS:
            raise invalid_parameter("limit", "invalid", f"Must be a number from 1 to {MOST_ROWS}.")
        return int(text)

    def _after(self, text: str | None, scope: str) -> list[str] | None:
        if text is None:
            return None
        try:
            return cursors.read(text, scope=scope)
        except cursors.InvalidCursor as error:
            detail = "Not a cursor of this list with this order and these filters; start again without it."
            raise invalid_parameter("after", "invalid_cursor", detail) from error

    def _expands(self, text: str | None) -> frozenset[str]:
        paths = [] if text is None else text.split(",")
        if set(paths) - set(self.expand):
            raise invalid_parameter("expand", "invalid_choice", f"Must be some of {', '.join(self.expand)}.")
        if len(set(paths)) < len(paths):
            raise invalid_parameter("expand", "repeated", "Each may be asked for once.")
        return frozenset(paths)


def refuse_parameters(query: QueryDict) -> None:
    """Refuse every query parameter, where a view declares none.

    Raises:
        ProblemError: 422 with the first of them.
    """
    for parameter in query:
        raise _unknown(parameter)


def _single_values(query: QueryDict) -> dict[str, str]:
    for parameter, texts in query.lists():
        if len(texts) > 1:
            raise invalid_parameter(parameter[:100], "repeated", "This parameter may be given once.")
    return {parameter: str(query[parameter]) for parameter in query}


def _unknown(parameter: str) -> Exception:
    return invalid_parameter(parameter[:100], "unknown_parameter", "There is no such query parameter.")
