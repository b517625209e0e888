"""Entity tags: strong, made of the version; conditional reads and guarded writes (RFC 9110, section 13)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from django.utils.http import parse_etags, quote_etag
from rest_framework.request import Request
from rest_framework.response import Response

from shared_kernel.http import codes
from shared_kernel.http.problems import ProblemError


def etag_of(version: int, *parts: object) -> str:
    """The strong tag of a resource at `version`; `parts` are what else its form depends on, such as expands."""
    if not parts:
        return quote_etag(f"v{version}")
    digest = hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
    return quote_etag(f"v{version}-{digest}")


def answer(
    request: Request, data: Any, *, etag: str, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """The resource with its tag; 304 without a body to a reader who already has it."""
    tagged = {**(headers or {}), "ETag": etag}
    if request.method in {"GET", "HEAD"} and _matches(request.headers.get("If-None-Match"), etag, weak=True):
        return Response(status=304, headers=tagged)
    return Response(data, status=status, headers=tagged)


def require_if_match(request: Request, etag: str) -> None:
    """Let a write pass only from the version the caller has read; call it with the row locked.

    Raises:
        ProblemError: 428 without `If-Match`, 412 when it names another version.
    """
    header = request.headers.get("If-Match")
    if header is None:
        raise ProblemError(codes.PRECONDITION_REQUIRED, "Send the ETag you have read as If-Match.")
    if not _matches(header, etag, weak=False):
        raise ProblemError(
            codes.PRECONDITION_FAILED,
            "The resource has changed since it was read; read it again.",
            headers={"ETag": etag},
        )


def _matches(header: str | None, etag: str, *, weak: bool) -> bool:
    """Whether a list of tags names `etag`; a weak tag counts only where `weak` comparison is allowed."""
    tags = parse_etags(header or "")
    if weak:
        tags = [tag.removeprefix("W/") for tag in tags]
    return "*" in tags or etag in tags
