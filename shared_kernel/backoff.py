"""Capped exponential backoff with jitter (AWS Builders' Library, "Timeouts, retries and backoff with jitter")."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """Delays that double from `first` up to `limit`, each drawn from its upper half."""

    first: timedelta
    limit: timedelta

    def delay(self, attempts: int) -> timedelta:
        """How long to wait after the `attempts`-th failure in a row (1 is the first)."""
        full = min(self.limit, self.first * 2 ** min(attempts - 1, 30))
        return full * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing
