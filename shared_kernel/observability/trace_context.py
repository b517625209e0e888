"""W3C Trace Context: reading and continuing a `traceparent`."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?")


@dataclass(frozen=True, kw_only=True)
class TraceParent:
    """One span of a trace: 32 and 16 hexadecimal digits, and the flags."""

    trace_id: str
    span_id: str
    flags: str = "00"

    def __str__(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"

    def child(self) -> TraceParent:
        """A new span of the same trace."""
        return TraceParent(trace_id=self.trace_id, span_id=secrets.token_hex(8), flags=self.flags)


def start() -> TraceParent:
    """The first span of a new trace."""
    return TraceParent(trace_id=secrets.token_hex(16), span_id=secrets.token_hex(8))


def read(text: str | None) -> TraceParent | None:
    """The span that `text` names, None when it is not a valid `traceparent` (all zeros are not)."""
    match = _TRACEPARENT.fullmatch(text or "")
    if match is None or not int(match[1], 16) or not int(match[2], 16):
        return None
    return TraceParent(trace_id=match[1], span_id=match[2], flags=match[3])
