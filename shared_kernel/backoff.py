"""Capped exponential backoff with jitter (AWS Builders' Library, "Timeouts, retries and backoff with jitter")."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, kw_only=True)
class Backoff:
    """Delays that grow by `factor` from `first` up to `limit`, each drawn from its upper half."""

    first: timedelta
    limit: timedelta
    factor: int = 2

    def delay(self, attempts: int) -> timedelta:
        """How long to wait after the `attempts`-th failure in a row (1 is the first)."""
        growth: int = self.factor ** min(attempts - 1, 15)
        return min(self.limit, self.first * growth) * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing
