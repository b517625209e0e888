"""Events as JSON text and back; the reader ignores unknown fields and fills missing optional ones."""

from __future__ import annotations

from functools import cache
from typing import Any

import msgspec


class UnreadableEvent(ValueError):
    """A payload does not fit the event class of today's code."""


def encode(event: object) -> str:
    """Write an event's fields as JSON text."""
    return msgspec.json.encode(event).decode()


def decode(cls: type, payload: str) -> Any:
    """Read an event of class `cls`.

    Raises:
        UnreadableEvent: a required field is missing or has another type.
    """
    try:
        return _decoder(cls).decode(payload)
    except msgspec.ValidationError as problem:
        raise UnreadableEvent(f"{cls.__qualname__}: {problem}") from problem


@cache
def _decoder(cls: type) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(cls)
