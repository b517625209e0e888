"""How a provider is asked: never blind after a request may have reached it, and never believed unchecked."""

from __future__ import annotations

from dataclasses import dataclass

from payments.gateways.port import Absent, Gateway, Outcome, Succeeded, Unclear
from payments.policies import TransactionKind
from shared_kernel.money import Money


@dataclass(frozen=True, kw_only=True)
class ProviderRequest:
    """Everything that is needed to ask a provider without reading the database.

    `authorization` is the provider's name of the authorization, None when asking for one. `may_be_known` says that an
    earlier try may have reached the provider.
    """

    provider: str
    kind: TransactionKind
    key: str
    amount: Money
    token: str
    authorization: str | None
    may_be_known: bool


def ask(gateway: Gateway, request: ProviderRequest) -> Outcome:
    """Have the provider carry out a request, or learn what became of it; call this with no transaction open."""
    if request.may_be_known:
        known = gateway.find_operation(key=request.key)
        if not isinstance(known, Absent):
            return _checked(known, request)
    return _checked(_send(gateway, request), request)


def _send(gateway: Gateway, request: ProviderRequest) -> Outcome:
    if request.kind is TransactionKind.AUTHORIZE:
        return gateway.authorize(key=request.key, amount=request.amount, token=request.token)
    if request.authorization is None:
        raise ValueError(f"a {request.kind} needs an authorization")
    command = {
        TransactionKind.CAPTURE: gateway.capture,
        TransactionKind.VOID: gateway.void,
        TransactionKind.REFUND: gateway.refund,
    }[request.kind]
    return command(key=request.key, authorization=request.authorization, amount=request.amount)


def _checked(outcome: Outcome, request: ProviderRequest) -> Outcome:
    if isinstance(outcome, Succeeded) and outcome.amount != request.amount:
        # Nothing is booked on the word of a provider that speaks of another amount; people must look.
        return Unclear(error="amount_differs")
    return outcome
