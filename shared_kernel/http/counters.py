"""Counting requests per window: in Redis for all processes, or, while Redis is away, in each process for its share."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from limits.storage import MemoryStorage, RedisStorage, Storage
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

FAILURES_UNTIL_SKIPPED = 3
SKIPPED_SECONDS = 5.0
TIMEOUT_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class Policy:
    """At most `quota` requests in each window of `seconds`."""

    name: str
    quota: int
    seconds: int

    @classmethod
    def read(cls, name: str, text: str) -> Policy:
        """The policy that `<requests>/<seconds>` describes."""
        quota, _, seconds = text.partition("/")
        return cls(name=name, quota=int(quota), seconds=int(seconds))


@dataclass(frozen=True, kw_only=True)
class Count:
    """The state of one counter after a request: how many are left, and in how many seconds the window ends."""

    allowed: bool
    remaining: int
    reset_seconds: int


class Counters:
    """Exact counts while Redis answers; after three failures in a row it is left alone for five seconds."""

    def __init__(
        self,
        redis_url: str | None,
        *,
        processes: int,
        wall_clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._shared: Storage | None = _redis(redis_url) if redis_url else None
        self._local = MemoryStorage()
        self._processes = max(1, processes)
        self._wall_clock = wall_clock
        self._monotonic = monotonic
        self._failures = 0
        self._skipped_until = 0.0
        self._lock = threading.Lock()

    def hit(self, policy: Policy, identity: str) -> Count:
        """Count one request of `identity`."""
        now = self._wall_clock()
        window, elapsed = divmod(int(now), policy.seconds)
        key = f"rate/{policy.name}/{identity}/{window}"
        used, quota = self._count(key, policy)
        return Count(
            allowed=used <= quota, remaining=max(0, quota - used), reset_seconds=max(1, policy.seconds - elapsed)
        )

    def _count(self, key: str, policy: Policy) -> tuple[int, int]:
        if self._shared is not None and self._monotonic() >= self._skipped_until:
            try:
                used = self._shared.incr(key, policy.seconds)
            except (RedisError, OSError):
                self._note_failure()
            else:
                self._failures = 0
                return used, policy.quota
        share = max(1, policy.quota // self._processes) if self._shared is not None else policy.quota
        return self._local.incr(key, policy.seconds), share

    def _note_failure(self) -> None:
        with self._lock:
            self._failures += 1
            if self._failures >= FAILURES_UNTIL_SKIPPED:
                self._skipped_until = self._monotonic() + SKIPPED_SECONDS


def _redis(url: str) -> Storage:
    """A storage that gives up at once rather than holding up a request."""
    # Passed on to redis-py as they are.
    options: dict[str, Any] = {"retry": Retry(NoBackoff(), 0)}
    address = f"redis+{url}" if url.startswith("unix://") else url
    return RedisStorage(
        address,
        key_prefix="ashlar",
        socket_timeout=TIMEOUT_SECONDS,
        socket_connect_timeout=TIMEOUT_SECONDS,
        **options,
    )
