"""Doing things at the same moment, each on a connection of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connections

T = TypeVar("T")


def at_once(actions: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """Start all actions together; what each returned or raised, in their order."""
    barrier = Barrier(len(actions))

    def run(action: Callable[[], T]) -> T | Exception:
        try:
            connections["inventory"].ensure_connection()
            barrier.wait(timeout=30)
            return action()
        except Exception as error:  # noqa: BLE001 - the test looks at what was raised
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))
