"""Django's own error pages as problem documents: unknown routes, refused hosts, uncaught exceptions, stale forms."""

from __future__ import annotations

from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse

from shared_kernel.http import codes
from shared_kernel.http.drf_errors import current_exception, record
from shared_kernel.http.problems import Problem
from shared_kernel.http.translation import internal_error, problem_of


def bad_request(request: HttpRequest, exception: BaseException | None = None) -> HttpResponse:
    """Answer a request that Django refused to look at (`handler400`)."""
    return problem_of(exception or SuspiciousOperation()).response(request)


def permission_denied(request: HttpRequest, exception: BaseException | None = None) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Answer a refusal outside the API views (`handler403`)."""
    return Problem(code=codes.PERMISSION_DENIED, detail="These credentials do not allow that.").response(request)


def not_found(request: HttpRequest, exception: BaseException | None = None) -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Answer a path that leads nowhere (`handler404`)."""
    return problem_of(Http404()).response(request)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer an exception that no view caught (`handler500`); a lost database is a 503 here too."""
    error = current_exception()
    problem = problem_of(error) if error is not None else internal_error()
    if error is not None:
        record(problem, error, request)
    return problem.response(request)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001 - Django's signature
    """Answer a form without a valid token (`CSRF_FAILURE_VIEW`)."""
    return Problem(code=codes.CSRF_FAILED, detail="The form was not sent from this site, or is too old.").response(
        request
    )
