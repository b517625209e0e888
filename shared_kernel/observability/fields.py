"""Which fields a log line may hold, and what happens to all others: personal data must not reach the log."""

from __future__ import annotations

import hashlib
import sys
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

ALLOWED = frozenset(
    {
        *("ts", "level", "event", "logger", "service", "role", "version", "env", "context"),
        *("request_id", "trace_id", "span_id", "correlation_id", "causation_id", "actor_type", "actor_id"),
        *("route", "method", "status", "duration_ms", "error_type", "error_code", "error_stack", "replayed"),
        *("order_id", "payment_id", "reservation_id", "saga_id", "event_id", "row_id", "resource_id"),
        *(
            "task",
            "task_id",
            "task_name",
            "queue",
            "attempt",
            "attempts",
            "subscription",
            "partition",
            "handler",
            "step",
        ),
        *(
            "event_name",
            "aggregate",
            "sequence",
            "seq",
            "state",
            "count",
            "pid",
            "signal",
            "alias",
            "port",
            "seconds",
            "reason",
        ),
        *("dependency", "policy", "error"),
    }
)
# Free text may quote input ("Key (email)=(…) already exists"), so even allowed fields are cut to identifiers' length.
LONGEST_TEXT = 500

Event = MutableMapping[str, Any]
ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def keep_allowed(_logger: object, _method: str, event: Event) -> Event:
    """Replace the value of every field that is not on the list by a short hash, so that lines can still be compared."""
    for name in list(event):
        if name.startswith("_") or name in ALLOWED:
            continue
        digest = hashlib.sha256(repr(event[name]).encode(errors="replace")).hexdigest()[:12]
        event[name] = f"sha256:{digest}"
    return event


def shorten(_logger: object, _method: str, event: Event) -> Event:
    """Cut long texts; only a stack may be longer."""
    for name, value in event.items():
        if isinstance(value, str) and name != "error_stack" and len(value) > LONGEST_TEXT:
            event[name] = value[:LONGEST_TEXT] + "…"
    return event


class ExceptionFields:
    """Turns `exc_info` into the type and the places of an exception; its message only where `with_message` says so."""

    def __init__(self, *, with_message: bool) -> None:
        self._with_message = with_message

    def __call__(self, _logger: object, _method: str, event: Event) -> Event:
        """Be a structlog processor."""
        info = _exception_info(event.pop("exc_info", None))
        if info is None:
            return event
        kind, error, trace = info
        event["error_type"] = f"{kind.__module__}.{kind.__qualname__}"
        if self._with_message:
            event["error_stack"] = "".join(traceback.format_exception(kind, error, trace))
        else:
            event["error_stack"] = "; ".join(_places(error))
        return event


def _exception_info(given: Any) -> ExceptionInfo | None:
    if isinstance(given, BaseException):
        return (type(given), given, given.__traceback__)
    if isinstance(given, tuple) and given[0] is not None:
        return given
    if given:
        kind, error, trace = sys.exc_info()
        if kind is not None and error is not None:
            return (kind, error, trace)
    return None


def _places(error: BaseException) -> list[str]:
    """Where an exception and those that caused it passed: `file:line function`, never a value."""
    places: list[str] = []
    link: BaseException | None = error
    for _ in range(5):
        if link is None:
            break
        places.append(type(link).__name__)
        frames = traceback.extract_tb(link.__traceback__)[-15:]
        places.extend(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames)
        link = link.__cause__ or link.__context__
    return places
