"""The exception handler of every API view: any exception in, a problem document out."""

from __future__ import annotations

import sys
from http import HTTPStatus
from typing import Any

from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponse
from rest_framework.views import set_rollback

from shared_kernel.http.problems import Problem
from shared_kernel.http.translation import problem_of
from shared_kernel.observability.logging import get_logger

log = get_logger(__name__)


def exception_handler(error: Exception, context: dict[str, Any]) -> HttpResponse:
    """Answer `error`; the setting `EXCEPTION_HANDLER` of Django REST framework names this function."""
    request = getattr(context["request"], "_request", context["request"])
    problem = problem_of(error)
    set_rollback()
    record(problem, error, request)
    return problem.response(request)


def record(problem: Problem, error: BaseException, request: HttpRequest) -> None:
    """Put a refusal on the record: what the client caused in the access log only, what we caused with its stack."""
    request.error_code = problem.code.code  # type: ignore[attr-defined]
    if problem.code.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        got_request_exception.send(sender=None, request=request)
        log.error("request_failed", exc_info=error)
    elif problem.code.status == HTTPStatus.SERVICE_UNAVAILABLE:
        log.warning("request_unavailable", error_type=type(error).__name__, error_code=problem.code.code)


def current_exception() -> BaseException | None:
    """The exception being handled, if any: Django's `handler500` is not told."""
    return sys.exc_info()[1]
