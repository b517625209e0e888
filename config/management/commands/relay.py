"""`manage.py relay`: number events, hand them to subscriptions, and start what is due."""

from __future__ import annotations

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand

from shared_kernel.events import relay


class Command(BaseCommand):
    """Run until TERM or Ctrl-C; any number of relays may run at once."""

    help = "Run the relay: sequencers, subscriptions and timers of the hosted contexts."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Relay until told to stop."""
        stop = threading.Event()
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda *_: stop.set())
        relay.run(stop)
