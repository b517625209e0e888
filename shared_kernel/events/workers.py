"""The loops beside the pump: one context's subscriptions, its due work, and the ringing of workers for all."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence

import structlog

from shared_kernel import call_context, due, failures, tasks
from shared_kernel.call_context import CallContext
from shared_kernel.due import Claimed, DueWork, Place
from shared_kernel.events import registry
from shared_kernel.events.consumer import Consumer
from shared_kernel.events.feed import NoFeed, feed_of
from shared_kernel.events.loops import Loop
from shared_kernel.events.position import NotOwner
from shared_kernel.ids import new_id

# Nobody needs to be this late: whoever logs an event or sets a time wakes the loop.
SAFETY_SECONDS = 1.0
CONTENDED_SECONDS = 0.050
# Rows run in the relay are claimed few at a time, so that the last one's turn comes well within its lease.
RELAY_CLAIM = 8
WORKER_CLAIM = 50

log = structlog.get_logger(__name__)


def consumers_of(context: str) -> list[Consumer]:
    """A consumer for every partition of every subscription of a context.

    One that follows a producer out of reach is left out with a warning: its cursor stays, so it goes on when it is not.
    """
    consumers = []
    for subscription in registry.subscriptions(context):
        try:
            feed = feed_of(subscription.producer)
        except NoFeed as problem:
            log.warning("subscription_without_feed", subscription=subscription.name, reason=str(problem))
            continue
        consumers += [Consumer(subscription, feed, partition=number) for number in range(subscription.partitions)]
    return consumers


class Subscriptions(Loop):
    """Handles what the subscriptions of one context have to read."""

    def __init__(self, context: str, stop: threading.Event, *, on_handled: Callable[[], None]) -> None:
        super().__init__(f"{context}-subscriptions", stop)
        self._consumers = consumers_of(context)
        self._on_handled = on_handled

    def turn(self) -> float:
        """One step of every subscription; an error in one leaves the others alone."""
        pause = SAFETY_SECONDS
        for consumer in self._consumers:
            self.tick()
            try:
                progress = consumer.step()
            except NotOwner:
                pause = min(pause, CONTENDED_SECONDS)
                continue
            except Exception as error:
                if failures.is_outage(error):
                    raise
                log.exception("subscription_halted", subscription=consumer.name, reason=str(error))
                continue
            if progress.moved:
                pause = 0.0
            if progress.handled:
                self._on_handled()
        return pause


class Ringer(Loop):
    """Rings workers for claimed rows; alone talks to the broker, so that only this thread waits when it is away."""

    def __init__(self, stop: threading.Event) -> None:
        super().__init__("ringer", stop)
        self._claims: queue.SimpleQueue[tuple[DueWork, list[Claimed]]] = queue.SimpleQueue()
        self._ringing = False

    @property
    def ready(self) -> bool:
        """Whether rows handed over now are rung now."""
        return self._claims.empty() and not self._ringing and not tasks.broker_rests()

    def hand_over(self, work: DueWork, claimed: list[Claimed]) -> None:
        """Ring a worker for each row, or give the rows back if the broker is away."""
        self._claims.put((work, claimed))
        self.wake()

    def turn(self) -> float:
        """Ring for everything handed over."""
        while not self._claims.empty():
            self._ringing = True
            try:
                self._ring_all(*self._claims.get())
            finally:
                self._ringing = False
        return SAFETY_SECONDS

    def leave(self) -> None:
        """Give back what was not rung."""
        while not self._claims.empty():
            due.release(*self._claims.get())

    def _ring_all(self, work: DueWork, claimed: Sequence[Claimed]) -> None:
        for index, one in enumerate(claimed):
            self.tick()
            with call_context.entered(CallContext(correlation_id=one.correlation_id or new_id())):
                rung = tasks.ring(work.name, row_id=one.row_id, lease=one.lease.isoformat())
            if not rung:
                due.release(work, list(claimed[index:]))
                return


class DueRows(Loop):
    """Claims the due rows of one context, does the relay's part of the work and hands the rest to the ringer."""

    def __init__(self, context: str, stop: threading.Event, ringer: Ringer) -> None:
        super().__init__(f"{context}-due", stop)
        self._context = context
        self._ringer = ringer
        self._interrupted: list[tuple[DueWork, list[Claimed]]] = []

    def turn(self) -> float:
        """Claim what is due now; sleep until the next time that is known, a second at most."""
        self.leave()
        waits = due.seconds_until_due(self._context)
        pause = SAFETY_SECONDS
        for work in due.works(self._context):
            if work.name not in waits:
                continue
            if waits[work.name] > 0:
                pause = min(pause, waits[work.name])
            elif claimed := self._claim(work):
                if work.where is Place.RELAY:
                    self._run(work, claimed)
                else:
                    self._ringer.hand_over(work, claimed)
                pause = 0.0
            else:
                pause = min(pause, CONTENDED_SECONDS)
        return pause

    def leave(self) -> None:
        """Give back rows whose work the loss of a database interrupted, instead of waiting for their lease."""
        while self._interrupted:
            due.release(*self._interrupted[-1])
            self._interrupted.pop()

    def _claim(self, work: DueWork) -> list[Claimed]:
        """What is due and may be begun now; nothing while workers have enough in hand, or others lock the rows."""
        if work.where is Place.RELAY:
            return due.claim(work, limit=RELAY_CLAIM)
        return due.claim(work, limit=WORKER_CLAIM) if self._ringer.ready else []

    def _run(self, work: DueWork, claimed: list[Claimed]) -> None:
        for index, one in enumerate(claimed):
            self.tick()
            if self._stop_asked.is_set():
                self._interrupted.append((work, claimed[index:]))
                return
            try:
                due.run(work, one)
            except Exception:
                self._interrupted.append((work, claimed[index:]))
                raise
