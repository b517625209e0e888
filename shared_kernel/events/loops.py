"""Threads that do one kind of work each until told to stop, survive what goes wrong, and show that they are alive."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import structlog
from django.db import connections

from shared_kernel import failures
from shared_kernel.backoff import Backoff

_AFTER_ERROR = Backoff(first=timedelta(milliseconds=100), limit=timedelta(seconds=5))

log = structlog.get_logger(__name__)


class Loop(threading.Thread):
    """Takes turns until `stop` is set; an error closes the thread's connections and is followed by a growing pause."""

    def __init__(self, name: str, stop: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self.last_tick = time.monotonic()
        self._stop_asked = stop
        self._woken = threading.Event()

    def wake(self) -> None:
        """End the present or the next pause at once; from any thread."""
        self._woken.set()

    def run(self) -> None:
        """Take turns until told to stop."""
        errors = 0
        while not self._stop_asked.is_set():
            self.tick()
            try:
                pause = self.turn()
                errors = 0
            except Exception as error:  # noqa: BLE001 - a loop that ends stops the shop
                errors += 1
                self._report(error, errors)
                connections.close_all()
                self._stop_asked.wait(_AFTER_ERROR.delay(errors).total_seconds())
                continue
            if pause > 0:
                self._woken.wait(pause)
            # Cleared before the turn, so that whoever rings during it is heard after it.
            self._woken.clear()
        try:
            self.leave()
        except Exception as error:  # noqa: BLE001 - leases run out by themselves
            self._report(error, 1)
        connections.close_all()

    def tick(self) -> None:
        """Show that the loop is alive; between long pieces of work too."""
        self.last_tick = time.monotonic()

    def turn(self) -> float:
        """Do what there is to do; the seconds to pause unless woken."""
        raise NotImplementedError

    def leave(self) -> None:
        """Give back what others could take on; called once at the end."""

    def _report(self, error: Exception, errors: int) -> None:
        if failures.is_outage(error):
            log.warning("relay_lost_database", task=self.name, attempts=errors, error=failures.describe(error))
        else:
            log.error(
                "relay_turn_failed", task=self.name, attempts=errors, error=failures.describe(error), exc_info=error
            )
