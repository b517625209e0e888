"""What is being delivered: the envelope around the event that a handler has in hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from shared_kernel import call_context
from shared_kernel.events.envelope import Envelope

__all__ = ["Envelope", "current", "entered"]

_current: ContextVar[Envelope | None] = ContextVar("ashlar_delivery", default=None)


def current() -> Envelope:
    """The envelope of the event being handled.

    Raises:
        LookupError: no handler runs.
    """
    envelope = _current.get()
    if envelope is None:
        raise LookupError("no event is being handled")
    return envelope


@contextmanager
def entered(envelope: Envelope) -> Iterator[None]:
    """Deliver `envelope` inside the block: it is current, and so is the call context it carries."""
    token = _current.set(envelope)
    try:
        with call_context.entered(envelope.call_context()):
            yield
    finally:
        _current.reset(token)
