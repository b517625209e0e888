"""What the relay tidies up now and then: rows that nobody may need any more."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from django.db import connections

from shared_kernel.events.loops import Loop
from shared_kernel.http.claims import purge

EVERY_SECONDS = 600.0
# Often enough to show life.
PAUSE_SECONDS = 5.0
BATCH = 1000


class Housekeeping(Loop):
    """Deletes idempotency keys older than 72 hours, of each context in turn."""

    def __init__(self, names: Sequence[str], stop: threading.Event) -> None:
        super().__init__("housekeeping", stop)
        self._names = names
        self._due = time.monotonic() + EVERY_SECONDS

    def turn(self) -> float:
        """Tidy up if it is time."""
        if time.monotonic() >= self._due:
            for name in self._names:
                self.tick()
                tidy(name)
                # It will not be needed for a long time.
                connections[name].close()
            self._due = time.monotonic() + EVERY_SECONDS
        return PAUSE_SECONDS


def tidy(using: str) -> int:
    """Delete every key of one context that is too old, batch by batch, and tell how many."""
    total = 0
    while deleted := purge(using, limit=BATCH):
        total += deleted
    return total
