"""Problem documents (RFC 9457): the one form of every answer that is not a success."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.encoding import escape_uri_path

from shared_kernel.http.codes import VALIDATION_FAILED, ProblemCode

CONTENT_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:ashlar:problem:"
# What the caller named, such as an unknown member, is named to them no longer than this.
LONGEST_POINTER = 200
RESERVED = frozenset(
    {"type", "title", "status", "detail", "instance", "code", "request_id", "retryable", "errors"},
)


@dataclass(frozen=True, kw_only=True)
class FieldError:
    """What is wrong with one field of the body (`pointer`, RFC 6901) or one query parameter (`parameter`)."""

    code: str
    detail: str
    pointer: str | None = None
    parameter: str | None = None

    def document(self) -> dict[str, str]:
        """The JSON object of this error."""
        name, text = ("parameter", self.parameter or "") if self.pointer is None else ("pointer", self.pointer)
        return {name: text[:LONGEST_POINTER], "code": self.code, "detail": self.detail}


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One refusal, complete but for the request it answers; `retry_after` is in seconds."""

    code: ProblemCode
    detail: str
    errors: tuple[FieldError, ...] = ()
    members: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    retry_after: int | None = None

    def document(self, request: HttpRequest) -> dict[str, Any]:
        """The JSON object that tells `request` of this problem."""
        document: dict[str, Any] = {
            "type": TYPE_PREFIX + self.code.code,
            "title": self.code.title,
            "status": self.code.status,
            "detail": self.detail,
            "instance": escape_uri_path(request.path),
            "code": self.code.code,
            "request_id": getattr(request, "request_id", None),
            "retryable": self.code.retryable,
            "errors": [error.document() for error in self.errors],
        }
        document.update((name, value) for name, value in self.members.items() if name not in RESERVED)
        return document

    def all_headers(self) -> dict[str, str]:
        """The headers this problem adds to its answer."""
        waiting = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return {**self.headers, **waiting}

    def response(self, request: HttpRequest) -> HttpResponse:
        """The whole answer."""
        body = json.dumps(self.document(request), ensure_ascii=False, separators=(",", ":"))
        return HttpResponse(
            body.encode(),
            status=self.code.status,
            content_type=CONTENT_TYPE,
            headers=self.all_headers(),
        )


class ProblemError(Exception):
    """A refusal that only HTTP knows: a missing header, a stale ETag, a body too large."""

    def __init__(self, code: ProblemCode, detail: str | None = None, **parts: Any) -> None:
        """Refuse with `code`; `parts` are further fields of the `Problem`."""
        self.problem = Problem(code=code, detail=detail or f"{code.title}.", **parts)
        super().__init__(self.problem.detail)


def invalid_parameter(parameter: str, code: str, detail: str) -> ProblemError:
    """The refusal of one query parameter."""
    error = FieldError(parameter=parameter, code=code, detail=detail)
    return ProblemError(VALIDATION_FAILED, errors=(error,))
