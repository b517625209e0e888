"""The relay: sequencers, subscriptions and due work of the hosted contexts, as threads or, for tests, in one go."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from shared_kernel import contexts, due
from shared_kernel.due import Place
from shared_kernel.events import registry
from shared_kernel.events.loops import Loop
from shared_kernel.events.position import NotOwner
from shared_kernel.events.pump import Pump
from shared_kernel.events.sequencer import sequence
from shared_kernel.events.workers import DueRows, Ringer, Subscriptions, consumers_of
from shared_kernel.housekeeping import Housekeeping

STOP_SECONDS = 20.0
MAX_ROUNDS = 1000


class LoopDied(RuntimeError):
    """A thread of the relay ended by itself; the process should be started anew."""


class NeverQuiet(RuntimeError):
    """Draining did not come to an end: some work asks for itself again and again."""


@dataclass(frozen=True, kw_only=True)
class Drained:
    """What a drain did: events logged, events handled, events parked or failed again, due rows worked on."""

    logged: int
    handled: int
    parked: int
    due: int


class Relay:
    """All loops of one relay process; several relays may run for the same contexts."""

    def __init__(self, names: Sequence[str], stop: threading.Event) -> None:
        self._stop = stop
        ringer = Ringer(stop)
        due_rows = {name: DueRows(name, stop, ringer) for name in names}
        subscriptions = {name: Subscriptions(name, stop, on_handled=due_rows[name].wake) for name in names}
        self._loops: list[Loop] = [ringer, *due_rows.values(), *subscriptions.values(), Housekeeping(names, stop)]
        for name in names:
            followers = [
                subscriptions[consumer]
                for consumer in names
                if any(one.producer == name for one in registry.subscriptions(consumer))
            ]
            on_moved = partial(_wake_all, followers)
            self._loops.append(Pump(name, stop, on_moved=on_moved, on_stir=due_rows[name].wake))

    @property
    def last_tick(self) -> float:
        """When the most silent loop last showed life, in seconds of `time.monotonic()`."""
        return min(loop.last_tick for loop in self._loops)

    def run(self) -> None:
        """Work until `stop` is set, then end all loops.

        Raises:
            LoopDied: a loop ended by itself.
        """
        for loop in self._loops:
            loop.start()
        try:
            while not self._stop.wait(1.0):
                for loop in self._loops:
                    if not loop.is_alive():
                        raise LoopDied(loop.name)
        finally:
            self._stop.set()
            _wake_all(self._loops)
            for loop in self._loops:
                loop.join(STOP_SECONDS)


_running: Relay | None = None


def run(stop: threading.Event, names: Sequence[str] | None = None) -> None:
    """Be the relay of the hosted contexts, or of `names` among them, until `stop` is set.

    Raises:
        LoopDied: a loop ended by itself; the process should be started anew.
    """
    global _running  # noqa: PLW0603 - one relay a process, asked for by its liveness probe
    _running = Relay(_hosted(names), stop)
    try:
        _running.run()
    finally:
        _running = None


def last_tick() -> float | None:
    """When the most silent loop of the running relay last showed life, in seconds of `time.monotonic()`."""
    return _running.last_tick if _running else None


def drain(names: Sequence[str] | None = None, *, run_worker_tasks: bool = False) -> Drained:
    """Do the relay's work in this thread, until nothing moves; with `run_worker_tasks` that of the workers too.

    What waits for a later time stays: parked events, and rows whose time has not come or that are leased.

    Raises:
        NeverQuiet: it does not come to an end.
        RuntimeError: a transaction is open.
    """
    chosen = _hosted(names)
    places = set(Place) if run_worker_tasks else {Place.RELAY}
    total = [0, 0, 0, 0]
    for _ in range(MAX_ROUNDS):
        done = [0, 0, 0, 0]
        for name in chosen:
            done[0] += sequence(name)
        for name in chosen:
            handled, parked = _consume(name)
            done[1] += handled
            done[2] += parked
        for name in chosen:
            done[3] += _work_on_due_rows(name, places)
        if not any(done):
            logged, handled, parked, worked = total
            return Drained(logged=logged, handled=handled, parked=parked, due=worked)
        total = [before + now for before, now in zip(total, done, strict=True)]
    raise NeverQuiet(f"{', '.join(chosen)} did not come to rest in {MAX_ROUNDS} rounds")


def _consume(context: str) -> tuple[int, int]:
    handled = parked = 0
    for consumer in consumers_of(context):
        while True:
            try:
                progress = consumer.step()
            except NotOwner:
                break
            handled += progress.handled
            parked += progress.parked
            if not progress.moved:
                break
    return handled, parked


def _work_on_due_rows(context: str, places: set[Place]) -> int:
    count = 0
    for work in due.works(context):
        if work.where in places:
            for claimed in due.claim(work, limit=100):
                due.run(work, claimed)
                count += 1
    return count


def _hosted(names: Sequence[str] | None) -> list[str]:
    hosted = [context.name for context in contexts.hosted()]
    if names is None:
        return hosted
    for name in names:
        if name not in hosted:
            raise contexts.UnknownContext(f"{name} is not hosted by this process")
    return list(names)


def _wake_all(loops: Sequence[Loop]) -> None:
    for loop in loops:
        loop.wake()
