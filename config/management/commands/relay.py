"""`manage.py relay`: number events, hand them to subscriptions, and start what is due."""

from __future__ import annotations

import signal
import threading
import time
from typing import Any

from django.core.management.base import BaseCommand

from config import heartbeat
from shared_kernel.events import relay

# A loop that has not turned for so long is stuck; our supervisor then hears nothing more of us.
STUCK_SECONDS = 30.0


class Command(BaseCommand):
    """Run until TERM or Ctrl-C; any number of relays may run at once."""

    help = "Run the relay: sequencers, subscriptions and timers of the hosted contexts."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Relay until told to stop."""
        stop = threading.Event()
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda *_: stop.set())
        threading.Thread(target=_beat, args=(stop,), name="heartbeat", daemon=True).start()
        relay.run(stop)


def _beat(stop: threading.Event) -> None:
    while not stop.wait(heartbeat.BEAT_SECONDS):
        last = relay.last_tick()
        if last is not None and time.monotonic() - last < STUCK_SECONDS:
            heartbeat.beat()
