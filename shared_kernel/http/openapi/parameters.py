"""Query and header parameters in the OpenAPI document, from the same declarations that read them."""

from __future__ import annotations

from typing import Any

from shared_kernel.http.filters import MOST_VALUES, Filter
from shared_kernel.http.listing import DEFAULT_LIMIT, MOST_ROWS, Listing

Json = dict[str, Any]


def of_listing(listing: Listing) -> list[Json]:
    """Every query parameter of a list."""
    found = [parameter for name, filter_ in listing.filters.items() for parameter in _of_filter(name, filter_)]
    if listing.paged:
        keys = [f"{sign}{key}" for key in listing.sort for sign in ("", "-")]
        found += [
            _query("limit", {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "default": DEFAULT_LIMIT}),
            _query("after", {"type": "string"}, "The `page.next` of the page before."),
            _query("sort", {"type": "string", "enum": keys, "default": listing.default}),
        ]
    if listing.expand:
        found.append(_list("expand", {"type": "string", "enum": list(listing.expand)}, len(listing.expand)))
    return found


def idempotency_key(*, required: bool, anonymous: bool) -> Json:
    """The header that names an intent; callers without credentials must send a UUID or a ULID."""
    schema: Json = {"type": "string", "pattern": "^[!-~]{1,255}$"}
    text = "Fresh for each intent, the same for each repeat."
    if anonymous:
        schema = {"type": "string", "format": "uuid"}
        text += " Without credentials a UUID or a ULID."
    return {"name": "Idempotency-Key", "in": "header", "required": required, "schema": schema, "description": text}


def if_match() -> Json:
    """The header that guards a write."""
    return _header("If-Match", "The ETag that was read. Missing: 428, outdated: 412.")


def if_none_match() -> Json:
    """The header that makes a read conditional."""
    return _header("If-None-Match", "An ETag; the answer is 304 while it is the resource's.")


def _header(name: str, description: str) -> Json:
    return {"name": name, "in": "header", "required": False, "schema": {"type": "string"}, "description": description}


def _of_filter(name: str, filter_: Filter) -> list[Json]:
    schema, meaning = filter_.schema(), filter_.meaning
    plain = _list(name, schema, MOST_VALUES) if filter_.several else _query(name, schema, meaning)
    return [plain, *(_query(f"{name}[{operator}]", schema, meaning) for operator in filter_.operators)]


def _list(name: str, item: Json, most: int) -> Json:
    schema = {"type": "array", "items": item, "minItems": 1, "maxItems": most}
    return {**_query(name, schema, "One, or several separated by commas."), "style": "form", "explode": False}


def _query(name: str, schema: Json, description: str = "") -> Json:
    parameter: Json = {"name": name, "in": "query", "required": False, "schema": schema}
    return {**parameter, "description": description} if description else parameter
