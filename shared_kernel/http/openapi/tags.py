"""The groups of operations in the OpenAPI document: by the context that serves them, what is for staff apart."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from shared_kernel.contexts import known
from shared_kernel.http.views import ApiView, Surface

Json = dict[str, Any]
ACROSS = "across contexts"
FOR_STAFF = "for staff"


def tag_of(view: ApiView) -> str:
    """The group of a view's operations: `orders`, or `orders for staff`."""
    package = type(view).__module__.partition(".")[0]
    owner = package if package in {context.name for context in known()} else ACROSS
    return f"{owner} {FOR_STAFF}" if view.surface is Surface.ADMIN else owner


def described_tags(document: Json) -> list[Json]:
    """Every group that has operations, those for buyers first; a context says of itself what its package says."""
    used = {
        tag
        for item in document["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict)
        for tag in operation.get("tags", ())
    }
    texts = {context.name: str(import_module(context.name).__doc__).strip() for context in known()}
    texts[ACROSS] = "What no context can tell alone."
    staff = {f"{owner} {FOR_STAFF}": "By an API key with the scope that the operation names." for owner in texts}
    return [{"name": name, "description": text} for name, text in {**texts, **staff}.items() if name in used]
