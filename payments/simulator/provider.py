"""What the simulated provider does with money."""

from __future__ import annotations

import errno
import json
import time
from dataclasses import dataclass
from uuid import uuid4

from payments.simulator.misbehavior import SLOW_SECONDS, Kind, Mode, decline_of, mode_of
from payments.simulator.storage import Ledger, Operation, Storage


class Problem(Exception):
    """An answer other than an operation: its HTTP status and its code; nothing has happened."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Command:
    """One command: `subject` is the payment method's token of an authorization, else the authorization's reference."""

    kind: Kind
    key: str
    subject: str
    amount: int
    currency: str

    @property
    def content(self) -> str:
        """What must be the same each time the key is used."""
        return json.dumps([self.kind, self.subject, self.amount, self.currency])


class Provider:
    """Carries commands out, each at most once per key, as well or badly as its mode says."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def carry_out(self, command: Command) -> tuple[Operation, bool]:
        """The operation that answers a command, and whether it was there before.

        Raises:
            Problem: the key belongs to another content (409), or the mode is an error (500) or a limit (429).
            ConnectionResetError: the mode is a cut connection, before or after the effect.
        """
        tries = self._storage.count_try(command.key)
        token = self._token(command)
        scripted = self._storage.scripted_mode(command.kind)
        mode = scripted or mode_of(command.kind, token, tries=tries, healed=self._storage.is_healed())
        match mode:
            case Mode.ERROR:
                raise Problem(500, "out_of_order")
            case Mode.RATE_LIMITED:
                raise Problem(429, "rate_limited")
            case Mode.TIMEOUT_BEFORE:
                raise _cut()
            case Mode.SLOW:
                time.sleep(SLOW_SECONDS)
            case Mode.OK | Mode.DECLINED | Mode.TIMEOUT_AFTER:
                pass
        with self._storage.transaction() as ledger:
            answer = _effect(ledger, command, token, mode)
        if mode is Mode.TIMEOUT_AFTER:
            raise _cut()
        return answer

    def _token(self, command: Command) -> str:
        if command.kind is Kind.AUTHORIZATION:
            return command.subject
        with self._storage.transaction() as ledger:
            authorization = ledger.lock_authorization(command.subject)
        return authorization.payment_method if authorization else ""


def _cut() -> ConnectionResetError:
    # WSGI servers (gunicorn, wsgiref) answer this with nothing but a closed connection, as the network would.
    return ConnectionResetError(errno.ECONNRESET, "the simulator cuts the connection")


def _effect(ledger: Ledger, command: Command, token: str, mode: Mode) -> tuple[Operation, bool]:
    known = ledger.find(command.key)
    if known is None:
        reference = f"sim_{command.kind}_{uuid4().hex}"
        on_authorization = command.kind is not Kind.AUTHORIZATION
        # The lock also makes a second call with the same key wait for the first.
        authorization = ledger.lock_authorization(command.subject) if on_authorization else None
        code = decline_of(command.kind, token, mode) or _refusal(ledger, command, authorization)
        written = ledger.write(
            key=command.key,
            kind=command.kind,
            request=command.content,
            status="declined" if code else "succeeded",
            code=code,
            reference=reference,
            authorization=command.subject if on_authorization else reference,
            payment_method=token,
            amount=command.amount,
            currency=command.currency,
        )
        if written is not None:
            return written, False
        known = ledger.find(command.key)
    if known is None or known.request != command.content:
        raise Problem(409, "key_reused")
    return known, True


def _refusal(ledger: Ledger, command: Command, authorization: Operation | None) -> str | None:
    """Why an authorization does not bear a command, None when it does."""
    if command.kind is Kind.AUTHORIZATION:
        return None
    if authorization is None or authorization.status != "succeeded" or authorization.currency != command.currency:
        return "unknown_authorization"
    totals = ledger.totals(authorization.reference)
    captured, voided = totals.get(Kind.CAPTURE, 0), Kind.VOID in totals
    code = None
    if command.kind is Kind.REFUND and totals.get(Kind.REFUND, 0) + command.amount > captured:
        code = "amount_exceeds_capture"
    elif command.kind is Kind.VOID and (captured or voided):
        code = "already_captured" if captured else "already_voided"
    elif command.kind is Kind.CAPTURE and voided:
        code = "authorization_voided"
    elif command.kind is Kind.CAPTURE and captured + command.amount > authorization.amount:
        code = "amount_exceeds_authorization"
    return code
