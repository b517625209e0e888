"""The fault adapter: does to a facade call what a network does on a bad day."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared_kernel.errors import DeadlineExceeded, Unavailable
from shared_kernel.facades.adapters import Adapter
from shared_kernel.facades.methods import Method


class FaultKind(StrEnum):
    """The faults a call can meet."""

    DELAY = "delay"
    UNAVAILABLE = "unavailable"
    LOST_ANSWER = "lost_answer"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One planned fault: `method` None means any method; `seconds` is for delays."""

    kind: FaultKind
    method: str | None = None
    seconds: float = 0.0


class FaultAdapter:
    """Wraps an adapter and meets each call with the next planned fault that fits it."""

    def __init__(self, inner: Adapter) -> None:
        self._inner = inner
        self._planned: deque[Fault] = deque()

    def plan(self, *faults: Fault) -> None:
        """Queue faults; each is used up by one call."""
        self._planned.extend(faults)

    def clear(self) -> None:
        """Forget what is still planned."""
        self._planned.clear()

    def invoke(self, method: Method, arguments: dict[str, Any]) -> Any:
        """Carry the call, with the planned fault if one fits.

        Raises:
            Unavailable: planned, before anything happened.
            DeadlineExceeded: planned, after the call took effect.
        """
        fault = self._next_for(method)
        if fault is None:
            return self._inner.invoke(method, arguments)
        match fault.kind:
            case FaultKind.UNAVAILABLE:
                raise Unavailable
            case FaultKind.LOST_ANSWER:
                self._inner.invoke(method, arguments)
                raise DeadlineExceeded
            case FaultKind.DUPLICATE:
                self._inner.invoke(method, arguments)
            case FaultKind.DELAY:
                time.sleep(fault.seconds)
        return self._inner.invoke(method, arguments)

    def _next_for(self, method: Method) -> Fault | None:
        for fault in self._planned:
            if fault.method in (None, method.name):
                self._planned.remove(fault)
                return fault
        return None


@contextmanager
def planned(protocol: type, *faults: Fault) -> Iterator[FaultAdapter]:
    """Put a fault adapter before the facade of `protocol` inside the block."""
    from shared_kernel.facades import binding

    with binding.wrapped(protocol, FaultAdapter) as adapter:
        adapter.plan(*faults)
        yield adapter
