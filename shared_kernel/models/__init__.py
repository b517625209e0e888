"""The kernel's own tables, one set in the schema of every context."""

from shared_kernel.models.aggregate import Aggregate
from shared_kernel.models.api_keys import KnownApiKey
from shared_kernel.models.clock import ClockOffset
from shared_kernel.models.due import DueRow
from shared_kernel.models.events import (
    Bell,
    EventHead,
    LoggedEvent,
    ParkedEvent,
    PendingEvent,
    SubscriptionCursor,
)
from shared_kernel.models.idempotency import IdempotencyKey

__all__ = [
    "Aggregate",
    "Bell",
    "ClockOffset",
    "DueRow",
    "EventHead",
    "IdempotencyKey",
    "KnownApiKey",
    "LoggedEvent",
    "ParkedEvent",
    "PendingEvent",
    "SubscriptionCursor",
]
