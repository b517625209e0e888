"""The port: what a payment provider can be asked, and the four things that may come of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from shared_kernel.money import Money


@dataclass(frozen=True, kw_only=True)
class Succeeded:
    """The provider did it; `reference` is its own name for the effect, `amount` what it says it moved."""

    reference: str
    amount: Money


@dataclass(frozen=True, kw_only=True)
class Refused:
    """The provider will not do it, ever under this key; `code` is one of the closed decline codes."""

    code: str


@dataclass(frozen=True, kw_only=True)
class Unclear:
    """The request may have taken effect: ask by its key before anything else. `error` names what went wrong."""

    error: str


@dataclass(frozen=True, kw_only=True)
class Unreachable:
    """The request certainly had no effect: try again later. `error` names what went wrong."""

    error: str


@dataclass(frozen=True, kw_only=True)
class Absent:
    """The provider knows of no operation under the key."""


Outcome = Succeeded | Refused | Unclear | Unreachable


class Gateway(Protocol):
    """One provider, held to `tests/payments/test_gateway_contract.py`.

    Every command carries an idempotency key: repeating it with the same key and content answers the same and has no
    second effect. Nothing is raised for what a provider or a network may do; each call ends within seconds.
    """

    def authorize(self, *, key: str, amount: Money, token: str) -> Outcome:
        """Hold an amount on the payment method behind a one-way token; the reference names the authorization."""

    def capture(self, *, key: str, authorization: str, amount: Money) -> Outcome:
        """Collect an amount of an authorization."""

    def void(self, *, key: str, authorization: str, amount: Money) -> Outcome:
        """Let go of an authorization; `amount` is what it holds."""

    def refund(self, *, key: str, authorization: str, amount: Money) -> Outcome:
        """Send back an amount of what was captured of an authorization."""

    def find_operation(self, *, key: str) -> Outcome | Absent:
        """What became of the command that carried this key."""
