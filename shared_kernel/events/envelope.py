"""What travels around an event: identity, place in its aggregate, origin."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared_kernel.call_context import CallContext
from shared_kernel.ids import new_id


@dataclass(frozen=True, kw_only=True)
class Envelope:
    """One event of a log: `seq` is its place in the producer's log, `sequence` that within its aggregate.

    `payload` is JSON text. `correlation_id` is one per customer action, `causation_id` the id of the event that led to
    this one, `traceparent` W3C Trace Context.
    """

    id: UUID
    seq: int
    name: str
    aggregate: UUID
    sequence: int
    occurred_at: datetime
    correlation_id: UUID | None
    causation_id: UUID | None
    traceparent: str | None
    payload: str

    def call_context(self) -> CallContext:
        """The context in which this event is handled: caused by it, on behalf of the system."""
        return CallContext(
            correlation_id=self.correlation_id or new_id(),
            causation_id=self.id,
            traceparent=self.traceparent,
        )
