"""Celery as a doorbell: ringing a task by name from the relay or a worker, and restoring the call context in it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from celery import Task, current_app, shared_task
from django.conf import settings
from django.db import close_old_connections

from shared_kernel import call_context
from shared_kernel.call_context import CallContext
from shared_kernel.ids import new_id

# After a failed publish nobody tries again for this long: each try may hold its thread for seconds.
BROKER_REST_SECONDS = 5.0

_HEADER = "ashlar"
_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.2, "interval_step": 0.2, "interval_max": 0.2}

log = structlog.get_logger(__name__)


# Generic in the stubs, not at run time.
if TYPE_CHECKING:
    _Task = Task[Any, Any]
else:
    _Task = Task


class ContextTask(_Task):
    """A task that runs in the call context of whoever rang it; the base of every Ashlar task."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        # Celery keeps connections for many tasks and never looks at them: after a restart of PostgreSQL each pool
        # process would fail every task for as long.
        close_old_connections()
        with call_context.entered(_context_from(getattr(self.request, "headers", None))):
            return super().__call__(*args, **kwargs)


class _Broker:
    """When the broker may be tried again; shared by the threads of a process."""

    resting_until = 0.0


def ring(task_name: str, **ids: UUID | str | int) -> bool:
    """Ask a worker to run `<context>.<use_case>` soon; False if the broker did not take it.

    Nothing is lost then: every piece of work is a row that is found again.

    Raises:
        RuntimeError: called in a web process, which never talks to the broker.
    """
    if getattr(settings, "ASHLAR_ROLE", None) == "web":
        raise RuntimeError("a request thread never talks to the broker: make the row due instead")
    if broker_rests():
        return False
    try:
        current_app.send_task(
            task_name,
            kwargs={name: value if isinstance(value, int) else str(value) for name, value in ids.items()},
            queue=task_name.partition(".")[0],
            headers={_HEADER: _headers_of(call_context.current())},
            retry=True,
            retry_policy=_RETRY_POLICY,
        )
    except Exception as error:  # noqa: BLE001 - kombu, redis and the socket each have their own; all mean the same
        _Broker.resting_until = time.monotonic() + BROKER_REST_SECONDS
        log.warning("broker_unreachable", task=task_name, error=type(error).__name__)
        return False
    return True


def broker_rests() -> bool:
    """Whether the last publish failed so recently that another try would only wait."""
    return time.monotonic() < _Broker.resting_until


def register_entry(name: str, run: Callable[[UUID, datetime | None], object]) -> None:
    """Make `name` a Celery task that hands a row and the lease it was rung under to `run`.

    The lease of a task that is delivered again is void: the worker that had it is dead, or over its time limit.
    """

    def entry(task: ContextTask, /, *, row_id: str, lease: str | None = None, **_: object) -> None:
        again = (task.request.delivery_info or {}).get("redelivered", False)
        run(UUID(row_id), datetime.fromisoformat(lease) if lease and not again else None)

    shared_task(name=name, base=ContextTask, bind=True)(entry)


def _headers_of(context: CallContext) -> dict[str, str | None]:
    return {
        "correlation_id": str(context.correlation_id),
        "causation_id": str(context.causation_id) if context.causation_id else None,
        "traceparent": context.traceparent,
    }


def _context_from(headers: dict[str, Any] | None) -> CallContext:
    carried = (headers or {}).get(_HEADER) or {}
    correlation_id, causation_id = carried.get("correlation_id"), carried.get("causation_id")
    return CallContext(
        correlation_id=UUID(correlation_id) if correlation_id else new_id(),
        causation_id=UUID(causation_id) if causation_id else None,
        traceparent=carried.get("traceparent"),
    )
