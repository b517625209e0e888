"""The middleware that gives each request its name, its trace, its deadline and its line in the access log."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from django.http import HttpRequest, HttpResponseBase

from shared_kernel import call_context
from shared_kernel.call_context import Actor, ActorKind, CallContext
from shared_kernel.ids import new_id
from shared_kernel.observability import trace_context
from shared_kernel.observability.logging import get_logger

DEADLINE = timedelta(seconds=10)
ACCEPTED_REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
ANONYMOUS = Actor(kind=ActorKind.ANONYMOUS)

log = get_logger("access")


class RequestContextMiddleware:
    """Enters the call context of a request and binds its ids to every log line.

    A caller's `X-Request-Id` is kept when it is harmless; a UUID also becomes the correlation id. A `traceparent` is
    continued by a new span. The answer carries both.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        request_id, correlation_id = identify(request.headers.get("X-Request-Id"))
        parent = trace_context.read(request.headers.get("traceparent"))
        span = parent.child() if parent else trace_context.start()
        request.request_id = request_id  # type: ignore[attr-defined]
        context = CallContext(
            actor=ANONYMOUS,
            deadline=datetime.now(UTC) + DEADLINE,
            correlation_id=correlation_id,
            traceparent=str(span),
        )
        with (
            call_context.entered(context),
            structlog.contextvars.bound_contextvars(
                request_id=request_id,
                correlation_id=str(correlation_id),
                trace_id=span.trace_id,
                span_id=span.span_id,
            ),
        ):
            response = self.get_response(request)
            _record(request, response, time.perf_counter() - started)
        response.headers["X-Request-Id"] = request_id
        response.headers["traceparent"] = str(span)
        return response


def identify(given: str | None) -> tuple[str, UUID]:
    """The request id (the caller's where acceptable) and the correlation id that goes with it."""
    if given is None or not ACCEPTED_REQUEST_ID.fullmatch(given):
        fresh = new_id()
        return str(fresh), fresh
    try:
        return given, UUID(given)
    except ValueError:
        return given, new_id()


def _record(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    """Write the access log's line: the route's template and never the path, no query, address or user agent."""
    match = request.resolver_match
    principal = getattr(request, "principal", None)
    log.info(
        "request",
        method=request.method,
        route=f"/{match.route}" if match else None,
        status=response.status_code,
        duration_ms=round(seconds * 1000, 1),
        actor_type=str(principal.kind) if principal else "anonymous",
        actor_id=principal.id if principal else None,
        error_code=getattr(request, "error_code", None),
    )
