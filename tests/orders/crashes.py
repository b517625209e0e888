"""Deaths at a facade call: of the calling process before or after the call, or of its database connection."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from shared_kernel.facades.adapters import Adapter
from shared_kernel.facades.binding import wrapped
from shared_kernel.facades.methods import Method


class Killed(BaseException):
    """The process is gone: nothing between here and the operating system may catch this."""


class MortalAdapter:
    """Carries calls until the first one of `method`, which it does not survive."""

    def __init__(self, inner: Adapter, method: str, *, before: Callable[[], None], after: Callable[[], None]) -> None:
        self.inner = inner
        self.method: str | None = method
        self.before = before
        self.after = after

    def invoke(self, method: Method, arguments: dict[str, Any]) -> Any:
        """Carry the call, and die as planned."""
        if method.name != self.method:
            return self.inner.invoke(method, arguments)
        self.method = None
        self.before()
        answer = self.inner.invoke(method, arguments)
        self.after()
        return answer


@contextmanager
def death_at(
    protocol: type, method: str, *, before: Callable[[], None] | None = None, after: Callable[[], None] | None = None
) -> Iterator[MortalAdapter]:
    """Let the next call of `method` be the last, inside the block."""
    with wrapped(
        protocol,
        lambda inner: MortalAdapter(inner, method, before=before or _nothing, after=after or _nothing),
    ) as adapter:
        yield adapter
        assert adapter.method is None, f"{method} was never called"


def die() -> None:
    """End the process."""
    raise Killed


def _nothing() -> None:
    """Live on."""
