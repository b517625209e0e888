"""Answers as stored: the rendered bytes, the status, and the headers that belong to the content."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from rest_framework.response import Response

from shared_kernel.http.json_output import CONTENT_TYPE, dumps

CONTENT_HEADERS = ("Content-Type", "ETag", "Location", "Link", "Content-Language")
REPLAYED = "Idempotent-Replayed"


@dataclass(frozen=True, kw_only=True)
class StoredAnswer:
    """An answer that can be given again, byte for byte."""

    status: int
    headers: dict[str, str]
    body: bytes

    def response(self) -> HttpResponse:
        """The answer as it is given the first time."""
        return HttpResponse(self.body, status=self.status, headers=self.headers)

    def replay(self, request: Request | HttpRequest) -> HttpResponse:
        """The answer given again, and marked so."""
        plain = request._request if isinstance(request, Request) else request  # noqa: SLF001 - DRF offers no other way
        plain.replayed = True  # type: ignore[attr-defined]
        response = self.response()
        response.headers[REPLAYED] = "true"
        return response


def render(response: HttpResponse) -> StoredAnswer:
    """Render a view's answer now, so that the very bytes can be stored."""
    body = dumps(response.data) if isinstance(response, Response) and response.data is not None else b""
    if not isinstance(response, Response):
        body = response.content
    headers = {name: response.headers[name] for name in CONTENT_HEADERS if name in response.headers}
    if isinstance(response, Response) and body:
        headers["Content-Type"] = CONTENT_TYPE
    return StoredAnswer(status=response.status_code, headers=headers, body=body)
