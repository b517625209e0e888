"""The outermost middleware: whatever goes wrong below it, the answer is a problem document."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponseBase

from shared_kernel.http import codes
from shared_kernel.http.problems import CONTENT_TYPE, Problem

BY_STATUS = {
    code.status: code
    for code in (
        codes.MALFORMED_REQUEST,
        codes.NOT_AUTHENTICATED,
        codes.PERMISSION_DENIED,
        codes.NOT_FOUND,
        codes.METHOD_NOT_ALLOWED,
        codes.BODY_TOO_LARGE,
        codes.INTERNAL_ERROR,
    )
}
API_PREFIXES = ("/v1/", "/internal/")


class ProblemGuard:
    """Replaces any error answer of the API that is not yet a problem document, such as Django's plain 405."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code < HTTPStatus.BAD_REQUEST or not request.path.startswith(API_PREFIXES):
            return response
        if response.headers.get("Content-Type", "").startswith(CONTENT_TYPE):
            return response
        code = BY_STATUS.get(response.status_code, codes.INTERNAL_ERROR)
        replacement = Problem(code=code, detail=f"{code.title}.").response(request)
        for name, value in response.headers.items():
            if name not in {"Content-Type", "Content-Length"}:
                replacement.headers[name] = value
        return replacement
