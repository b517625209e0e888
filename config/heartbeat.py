"""A sign of life between processes: one touches a file again and again, its supervisor sees whether the time moves."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

VARIABLE = "ASHLAR_HEARTBEAT_FILE"
BEAT_SECONDS = 1.0


def beat() -> None:
    """Show life to whoever named a file for it in the environment; nobody hears it otherwise."""
    path = os.environ.get(VARIABLE)
    if path:
        # Touching needs no room on a full disk; what else may fail shows as silence.
        with contextlib.suppress(OSError):
            Path(path).touch()


class Heartbeat:
    """The listening side; it compares times for being different only, so that a clock set anew means nothing."""

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.path = path
        self._clock = clock
        self._seen: int | None = None
        self._moved_at = clock()

    def expect(self) -> None:
        """Begin to listen to a process that starts now."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch()
        self._seen = self._read()
        self._moved_at = self._clock()

    def silence(self) -> float:
        """For how many seconds no sign of life came."""
        seen = self._read()
        if seen is not None and seen != self._seen:
            self._seen, self._moved_at = seen, self._clock()
        return self._clock() - self._moved_at

    def _read(self) -> int | None:
        try:
            return self.path.stat().st_mtime_ns
        except OSError:
            return None
