"""What rides along with every call: who asks, until when, under which key, caused by what."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from shared_kernel.errors import DeadlineExceeded
from shared_kernel.ids import new_id


class ActorKind(StrEnum):
    """Who may stand behind a call."""

    ANONYMOUS = "anonymous"
    CUSTOMER = "customer"
    GUEST = "guest"
    SERVICE = "service"
    STAFF = "staff"
    SYSTEM = "system"


@dataclass(frozen=True, kw_only=True)
class Actor:
    """The principal on whose behalf a call is made; `id` is opaque text, never personal data."""

    kind: ActorKind
    id: str | None = None

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}" if self.id else str(self.kind)


SYSTEM = Actor(kind=ActorKind.SYSTEM)


@dataclass(frozen=True, kw_only=True)
class CallContext:
    """The context of one call; JSON-able, so that it travels over HTTP and through the broker.

    `deadline` is wall-clock UTC, None for background work; `correlation_id` is one per customer action,
    `causation_id` the id of the event that caused this work; `traceparent` is W3C Trace Context text.
    """

    actor: Actor = SYSTEM
    deadline: datetime | None = None
    idempotency_key: str | None = None
    correlation_id: UUID
    causation_id: UUID | None = None
    traceparent: str | None = None

    def remaining(self) -> timedelta | None:
        """The time left until the deadline, None without one.

        Raises:
            DeadlineExceeded: nothing is left.
        """
        if self.deadline is None:
            return None
        left = self.deadline - datetime.now(UTC)
        if left <= timedelta(0):
            raise DeadlineExceeded
        return left

    def with_deadline(self, limit: timedelta) -> CallContext:
        """This context, due no later than `limit` from now."""
        due = datetime.now(UTC) + limit
        return replace(self, deadline=min(due, self.deadline) if self.deadline else due)


_current: ContextVar[CallContext | None] = ContextVar("ashlar_call_context", default=None)


def current() -> CallContext:
    """The context of the running call, or a fresh one of the system's own."""
    return _current.get() or CallContext(correlation_id=new_id())


def current_correlation_id() -> UUID:
    """The correlation id of the running call; what a row of work is made with."""
    return current().correlation_id


def running() -> CallContext | None:
    """The context of the running call, None outside of any."""
    return _current.get()


@contextmanager
def entered(context: CallContext) -> Iterator[CallContext]:
    """Make `context` the current one inside the block."""
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)
