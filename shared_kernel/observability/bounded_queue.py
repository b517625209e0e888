"""A log sink that never blocks its caller: lines wait in a bounded queue, and what does not fit is dropped."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections import deque
from itertools import groupby
from operator import itemgetter
from typing import TextIO

DEFAULT_CAPACITY = 10_000


class BoundedQueue:
    """Writes lines to a stream from a thread of its own.

    A reader that stops reading (a full pipe, a full disk) stops only that thread. A standard `queue.Queue` would do,
    but its lock can be held by another thread at the moment of a fork; here everything is made anew in the child.
    """

    def __init__(self, stream: TextIO | None = None, capacity: int = DEFAULT_CAPACITY) -> None:
        self._stream = stream
        self._capacity = capacity
        self._reset()
        os.register_at_fork(after_in_child=self._reset)
        atexit.register(self.flush)

    def _reset(self) -> None:
        self._lines: deque[tuple[TextIO, str]] = deque()
        self._dropped = 0
        self._reported = 0
        self._writing = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    @property
    def dropped(self) -> int:
        """How many lines this process has thrown away."""
        return self._dropped

    def put(self, line: str) -> None:
        """Queue one line, or drop it when the queue is full."""
        with self._changed:
            if len(self._lines) >= self._capacity:
                self._dropped += 1
                return
            # Standard output as it is now: whoever redirects it for a while gets the lines of that while.
            self._lines.append((self._stream or sys.stdout, line))
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_forever, name="log-writer", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def flush(self, timeout: float = 1.0) -> bool:
        """Wait at most `timeout` seconds until every queued line is written, and tell whether it is."""
        with self._changed:
            if self._thread is None:
                return True
            return self._changed.wait_for(lambda: not self._lines and not self._writing, timeout)

    def _write_forever(self) -> None:
        while True:
            with self._changed:
                self._writing = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: bool(self._lines))
                batch = list(self._lines)
                self._lines.clear()
                lost = self._dropped - self._reported
                self._reported += lost
                self._writing = True
            if lost:
                batch.append((batch[-1][0], f'{{"event":"log_lines_dropped","level":"warning","count":{lost}}}'))
            for stream, lines in groupby(batch, key=itemgetter(0)):
                self._write(stream, "".join(f"{line}\n" for _, line in lines))

    def _write(self, stream: TextIO, text: str) -> None:
        try:
            stream.write(text)
            stream.flush()
        except (OSError, ValueError):
            # Nobody reads any more, or the disk is full. Serving goes on; the loss is counted.
            self._dropped += text.count("\n")
