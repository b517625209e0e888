"""The middleware that reads the body: one too large, or of unknown length, is refused before a byte of it is read."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase, UnreadablePostError

from shared_kernel.http import codes
from shared_kernel.http.problems import Problem
from shared_kernel.http.settings import LARGEST_BODY

MOST_DIGITS = 15


class BodyLimitMiddleware:
    """Answers 413 to more than `LARGEST_BODY` bytes and 411 to a body without a length.

    It stands before the admission, so that a body that comes slowly keeps no other request waiting.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        problem = _refusal(request) or _shortfall(request)
        return problem.response(request) if problem else self.get_response(request)


def _refusal(request: HttpRequest) -> Problem | None:
    if request.META.get("HTTP_TRANSFER_ENCODING"):
        # Django reads exactly Content-Length bytes: a chunked body would look empty.
        return Problem(code=codes.LENGTH_REQUIRED, detail="Send the body with a Content-Length, not in chunks.")
    text = request.META.get("CONTENT_LENGTH") or "0"
    if not (text.isascii() and text.isdigit()):
        return Problem(code=codes.MALFORMED_REQUEST, detail="The Content-Length is not a number.")
    if len(text) > MOST_DIGITS or int(text) > LARGEST_BODY:
        detail = f"The body may hold at most {LARGEST_BODY} bytes."
        return Problem(code=codes.BODY_TOO_LARGE, detail=detail, members={"max_bytes": LARGEST_BODY})
    return None


def _shortfall(request: HttpRequest) -> Problem | None:
    """The refusal of a body that ends early: half a request may read like a whole one, and is none (RFC 9112, 8)."""
    try:
        received = len(request.body)
    except UnreadablePostError:
        received = -1
    if received < int(request.META.get("CONTENT_LENGTH") or 0):
        return Problem(code=codes.MALFORMED_REQUEST, detail="The body ends before its Content-Length.")
    return None
