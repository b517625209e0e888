"""Keyset pages: a page starts after the row its cursor names, however the table has changed since."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

from django.core.exceptions import FieldError, ValidationError
from django.db.models import Model, Q, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from shared_kernel.http import cursors
from shared_kernel.http.listing import ListingRequest
from shared_kernel.http.problems import invalid_parameter

Row = TypeVar("Row", bound=Model)
TIE_BREAKER = "id"


@dataclass(frozen=True, kw_only=True)
class Page(Generic[Row]):
    """One page of rows; `next` is the cursor of the following one, None at the end."""

    rows: list[Row]
    next: str | None
    request: Request

    def response(self, data: Any, *, warnings: list[dict[str, str]] | None = None) -> Response:
        """The answer: `data`, one item per row, and where the list goes on; `warnings` tell which parts are missing."""
        body: dict[str, Any] = {"data": data, "page": {"has_more": self.next is not None, "next": self.next}}
        if warnings:
            body["warnings"] = warnings
        headers = {}
        if self.next is not None:
            query = {name: value for name, value in self.request.query_params.items() if name != "after"}
            address = f"{self.request.path}?{urlencode({**query, 'after': self.next})}"
            headers["Link"] = f'<{address}>; rel="next"'
        return Response(body, headers=headers)


def paginate(rows: QuerySet[Row], wanted: ListingRequest, request: Request) -> Page[Row]:
    """The page of `rows` that `wanted` asks for, with its filters and order; the id breaks ties in the same direction.

    Raises:
        ProblemError: 422, the cursor does not fit.
    """
    sort = wanted.sort or TIE_BREAKER
    descending, column = sort.startswith("-"), sort.removeprefix("-")
    columns = [column] if column == TIE_BREAKER else [column, TIE_BREAKER]
    selected = rows.filter(wanted.condition).order_by(*[f"-{name}" if descending else name for name in columns])
    if wanted.after is not None:
        selected = selected.filter(_after(rows.model, columns, wanted.after, descending=descending))
    found = list(selected[: wanted.limit + 1])
    following = None
    if len(found) > wanted.limit:
        found.pop()
        following = cursors.write([_text(found[-1], name) for name in columns], scope=wanted.scope)
    return Page(rows=found, next=following, request=request)


def _after(model: type[Model], columns: list[str], texts: list[str], *, descending: bool) -> Q:
    """Everything beyond the cursor's row; the first comparison alone bounds the index scan."""
    try:
        values = [_field(model, name).to_python(text) for name, text in zip(columns, texts, strict=True)]
    except (ValueError, ValidationError, FieldError) as error:
        raise invalid_parameter("after", "invalid_cursor", "Not a cursor of this list.") from error
    beyond = "lt" if descending else "gt"
    if len(columns) == 1:
        return Q(**{f"{columns[0]}__{beyond}": values[0]})
    first, tie = columns
    return Q(**{f"{first}__{beyond}e": values[0]}) & (
        Q(**{f"{first}__{beyond}": values[0]}) | Q(**{first: values[0], f"{tie}__{beyond}": values[1]})
    )


def _field(model: type[Model], name: str) -> Any:
    return model._meta.get_field(name)


def _text(row: Model, name: str) -> str:
    return str(_field(type(row), name).value_to_string(row))
