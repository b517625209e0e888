"""The whole document: which routes are in it, and the parts that all operations share."""

from __future__ import annotations

from typing import Any

from shared_kernel.http.openapi import fields, problems, tags

API_PREFIX = "/v1/"
LEFT_OUT = ("/v1/test/", "/v1/openapi.json")

HEADERS: dict[str, Any] = {
    "X-Request-Id": ("Names this request in logs and in questions to us.", {"type": "string"}),
    "RateLimit": ("What is left of the quota: `<policy>;r=<requests>;t=<seconds>`.", {"type": "string"}),
    "Retry-After": ("Seconds to wait before the same request is worth repeating.", {"type": "integer", "minimum": 0}),
    "ETag": ("The version of the resource, for If-Match and If-None-Match.", {"type": "string"}),
    "Link": ("The next page, `rel=next`.", {"type": "string"}),
    "Location": (
        "The path of what was made, if it has one at once.",
        {"type": "string", "format": "uri-reference"},
    ),
    "Idempotent-Replayed": ("`true` on an answer given again under its key.", {"type": "string", "enum": ["true"]}),
}


def only_the_api(endpoints: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Keep the routes that clients may build on."""
    return [entry for entry in endpoints if entry[0].startswith(API_PREFIX) and not entry[0].startswith(LEFT_OUT)]


def complete(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:  # noqa: ARG001, FBT001 - the hook's signature
    """Add the shared components."""
    components = result.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas |= {
        "Problem": problems.problem_schema(),
        "FieldError": problems.field_error_schema(),
        "Money": fields.money_schema(),
        "Page": page_schema(),
        "Warning": warning_schema(),
    }
    components["schemas"] = dict(sorted(schemas.items()))
    components["responses"] = problems.shared_responses()
    components["headers"] = {
        name: {"description": description, "schema": schema} for name, (description, schema) in HEADERS.items()
    }
    result["tags"] = tags.described_tags(result)
    _drop_marks(result)
    return result


def _drop_marks(value: Any) -> None:
    """Take out what the generator leaves for its own enumeration hook."""
    if isinstance(value, dict):
        value.pop("x-spec-enum-id", None)
        for item in value.values():
            _drop_marks(item)
    elif isinstance(value, list):
        for item in value:
            _drop_marks(item)


def page_schema() -> dict[str, Any]:
    """Where a list goes on."""
    return {
        "type": "object",
        "required": ["has_more", "next"],
        "properties": {
            "has_more": {"type": "boolean"},
            "next": {"type": ["string", "null"], "description": "The cursor for `after`."},
        },
    }


def warning_schema() -> dict[str, Any]:
    """A part of the answer that could not be had now."""
    return {
        "type": "object",
        "required": ["code", "detail"],
        "properties": {"code": {"type": "string"}, "detail": {"type": "string"}, "pointer": {"type": "string"}},
    }
