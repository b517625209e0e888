"""The sequencer of one context at work: polling while events flow, asleep on LISTEN when they do not."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from django.db import connections
from psycopg import Connection, sql

from shared_kernel.events.loops import Loop
from shared_kernel.events.sequencer import sequence

POLL_SECONDS = 0.010
QUIET_SECONDS = 0.050
# Asleep, the relay looks by itself this often: a writer that read the bell before it was set rings nobody.
SAFETY_SECONDS = 0.250

_SET_IDLE = """
insert into event_bell as b (one, idle) values (true, true)
on conflict (one) do update set idle = true where not b.idle
"""


class Pump(Loop):
    """Moves the events of one context into its log, and tells others of it.

    `on_moved` is called after events were logged; `on_stir` when there may be work of another kind: when somebody rang,
    and now and then while events flow, because nobody rings then.
    """

    def __init__(
        self,
        context: str,
        stop: threading.Event,
        *,
        on_moved: Callable[[], None],
        on_stir: Callable[[], None],
        safety_seconds: float = SAFETY_SECONDS,
    ) -> None:
        super().__init__(f"{context}-pump", stop)
        self._safety_seconds = safety_seconds
        self._context = context
        self._on_moved = on_moved
        self._on_stir = on_stir
        self._busy_until = time.monotonic() + QUIET_SECONDS
        self._stir_at = 0.0
        self._listening: Connection[tuple[object, ...]] | None = None

    def turn(self) -> float:
        """Poll while busy; otherwise set the bell, look once more, and sleep until it rings."""
        # Before the first look: what is rung between a look and a later LISTEN would be lost.
        connection = self._listen()
        if self._move() or time.monotonic() < self._busy_until:
            if time.monotonic() >= self._stir_at:
                self._stir()
            return POLL_SECONDS
        self._execute(_SET_IDLE)
        if not self._move() and not _rung(connection, self._safety_seconds):
            return 0.0
        self._busy_until = time.monotonic() + QUIET_SECONDS
        self._execute("update event_bell set idle = false where idle")
        self._stir()
        return 0.0

    def _move(self) -> bool:
        if not sequence(self._context):
            return False
        self._busy_until = time.monotonic() + QUIET_SECONDS
        self._on_moved()
        return True

    def _stir(self) -> None:
        self._stir_at = time.monotonic() + QUIET_SECONDS
        self._on_stir()

    def _listen(self) -> Connection[tuple[object, ...]]:
        wrapper = connections[self._context]
        wrapper.ensure_connection()
        if self._listening is not wrapper.connection:
            with wrapper.cursor() as cursor:
                cursor.execute("select current_schema()")
                channel = f"ashlar_{cursor.fetchone()[0]}"
                cursor.execute(sql.SQL("listen {}").format(sql.Identifier(channel)))
            self._listening = wrapper.connection
        return self._listening

    def _execute(self, statement: str) -> None:
        with connections[self._context].cursor() as cursor:
            cursor.execute(statement)


def _rung(connection: Connection[tuple[object, ...]], timeout: float) -> bool:
    """Sleep until notified, `timeout` seconds at most."""
    return any(True for _ in connection.notifies(timeout=timeout, stop_after=1))
