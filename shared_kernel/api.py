"""What spans contexts: the Protocol that every context implements, so that only `config` iterates over them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from shared_kernel.facades import command, query

__all__ = [
    "AuditFact",
    "AuditFactPage",
    "AuditFinding",
    "ContextApi",
    "EventPage",
    "EventSummary",
]


@dataclass(frozen=True, kw_only=True)
class AuditFact:
    """What one context holds to be true of one order, as text comparable across contexts.

    Every context that states the same `topic` for an order must state the same `value`. A context states its topics for
    every order it knows, also when nothing is held; `changed_at` is when the order last moved there.
    """

    order_id: UUID
    topic: str
    value: str
    changed_at: datetime


@dataclass(frozen=True, kw_only=True)
class AuditFactPage:
    """Facts in ascending order of order id, all facts of an order on one page; `next_after` is None at the end."""

    facts: list[AuditFact]
    next_after: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class AuditFinding:
    """One violation of an invariant: which, of what (type and id), and the figures that disagree."""

    invariant: str
    subject: str
    detail: str


@dataclass(frozen=True, kw_only=True)
class EventSummary:
    """One logged event; `payload` is its JSON text."""

    seq: int
    event_id: UUID
    name: str
    aggregate: UUID
    sequence: int
    occurred_at: datetime
    correlation_id: UUID | None
    causation_id: UUID | None
    payload: str


@dataclass(frozen=True, kw_only=True)
class EventPage:
    """Events in log order; `last_seq` is the end of the log, so a reader knows whether more follows."""

    events: list[EventSummary]
    last_seq: int


class ContextApi(Protocol):
    """The operations of one context that no other context asks for, only the composition root."""

    @query
    def audit_findings(self, *, limit: int) -> list[AuditFinding]:
        """Recompute this context's own invariants from raw rows; an empty list is a clean audit."""

    @query
    def audit_facts(self, *, after: UUID | None, limit: int) -> AuditFactPage:
        """The facts of at most `limit` orders whose id follows `after`."""

    @query
    def list_events(self, *, after: int, limit: int, names: list[str]) -> EventPage:
        """At most `limit` logged events with `seq` above `after`, of these names or of all."""

    @command
    def advance_clock(self, *, seconds: int) -> datetime:
        """Move this context's test clock forward and answer its new time; only in test mode.

        Raises:
            Forbidden: this process does not run in test mode.
        """
