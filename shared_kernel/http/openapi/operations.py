"""What a view method says about itself for the OpenAPI document."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from shared_kernel.errors import DomainError

Handler = TypeVar("Handler", bound=Callable[..., Any])


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One operation: its request, its answers by status, and the domain errors it may refuse with."""

    summary: str
    request: Any = None
    answers: Mapping[int, Any] = field(default_factory=dict)
    errors: Sequence[type[DomainError]] = ()
    paged: bool = False
    etag: bool = False
    if_match: bool = False
    hidden: bool = False


def operation(
    summary: str,
    *,
    request: Any = None,
    answers: Mapping[int, Any],
    errors: Sequence[type[DomainError]] = (),
    paged: bool = False,
    etag: bool = False,
    if_match: bool = False,
    hidden: bool = False,
) -> Callable[[Handler], Handler]:
    """Describe a view method; write it above `@idempotent`.

    `answers` maps each successful status to a serializer class (of one item where `paged`), a JSON schema, or None for
    no body. `errors` are domain errors; authentication, validation, limits and outages are added by themselves. `etag`
    says that the answer carries one (a GET may then be conditional), `if_match` that the write demands one. `hidden`
    keeps the operation out of the document.
    """
    described = Operation(
        summary=summary,
        request=request,
        answers=answers,
        errors=errors,
        paged=paged,
        etag=etag,
        if_match=if_match,
        hidden=hidden,
    )

    def decorate(handler: Handler) -> Handler:
        handler.operation = described  # type: ignore[attr-defined]
        return handler

    return decorate
