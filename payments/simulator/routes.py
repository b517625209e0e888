"""The HTTP side of the simulator: who may ask, what is well-formed, and how it is answered."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, unquote

from payments.simulator.misbehavior import Kind, Mode
from payments.simulator.provider import Command, Problem, Provider
from payments.simulator.storage import Operation, Storage

LONGEST_BODY = 16 * 1024
LONGEST_TEXT = 255
LARGEST_AMOUNT = 10**12
MOST_CALLS = 10_000
LARGEST_PAGE = 1000
CURRENCY_LETTERS = 3

COMMANDS = {
    "/v1/authorizations": Kind.AUTHORIZATION,
    "/v1/captures": Kind.CAPTURE,
    "/v1/voids": Kind.VOID,
    "/v1/refunds": Kind.REFUND,
}


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A status and a JSON document."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


class BadRequest(Problem):
    """The request cannot be understood."""

    def __init__(self, code: str) -> None:
        super().__init__(400, code)


class Simulator:
    """The WSGI application."""

    def __init__(self, storage: Storage, *, secret: str) -> None:
        self._storage = storage
        self._provider = Provider(storage)
        self._expected = f"Bearer {secret}".encode()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request."""
        answer = self._answer(environ)
        content = json.dumps(answer.body).encode()
        headers = {"Content-Type": "application/json", "Content-Length": str(len(content)), **answer.headers}
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", list(headers.items()))
        return [content]

    def _answer(self, environ: dict[str, Any]) -> Answer:
        path = str(environ.get("PATH_INFO", "/"))
        method = environ.get("REQUEST_METHOD", "GET")
        if path == "/livez":
            return Answer(status=200, body={"status": "ok"})
        given = str(environ.get("HTTP_AUTHORIZATION", "")).encode("latin-1", "replace")
        if not hmac.compare_digest(given, self._expected):
            return _error(401, "unauthorized")
        try:
            return self._route(method, path, environ)
        except Problem as problem:
            return _error(problem.status, problem.code)

    def _route(self, method: str, path: str, environ: dict[str, Any]) -> Answer:
        match method, path:
            case "POST", _ if path in COMMANDS:
                return self._command(COMMANDS[path], environ)
            case "POST", "/v1/script":
                return self._script(_body(environ))
            case "DELETE", "/v1/script":
                self._storage.forget_scripts(healed=False)
                return Answer(status=200, body={"script": []})
            case "GET", "/v1/ledger":
                return self._ledger(parse_qs(str(environ.get("QUERY_STRING", ""))))
            case "GET", _ if path.startswith("/v1/operations/"):
                return self._operation(unquote(path.removeprefix("/v1/operations/")))
            case _:
                return _error(404, "unknown_route")

    def _command(self, kind: Kind, environ: dict[str, Any]) -> Answer:
        key = str(environ.get("HTTP_IDEMPOTENCY_KEY", ""))
        if not 0 < len(key) <= LONGEST_TEXT or not key.isascii() or not key.isprintable():
            raise BadRequest("idempotency_key_required")
        subject = "payment_method" if kind is Kind.AUTHORIZATION else "authorization"
        body = _body(environ, "amount", "currency", subject)
        command = Command(
            kind=kind,
            key=key,
            subject=_text(body, subject),
            amount=_number(body, "amount", most=LARGEST_AMOUNT),
            currency=_currency(body),
        )
        operation, repeated = self._provider.carry_out(command)
        headers = {"Idempotent-Replayed": "true"} if repeated else {}
        status = 201 if operation.status == "succeeded" else 402
        return Answer(status=status, body=_line(operation), headers=headers)

    def _operation(self, key: str) -> Answer:
        with self._storage.transaction() as ledger:
            operation = ledger.find(key)
        if operation is None:
            return _error(404, "unknown_operation")
        return Answer(status=200, body=_line(operation))

    def _ledger(self, query: dict[str, list[str]]) -> Answer:
        try:
            after, limit = (int(query.get(name, [default])[0]) for name, default in (("after", "0"), ("limit", "1000")))
        except ValueError:
            raise BadRequest("query_malformed") from None
        limit = min(max(limit, 1), LARGEST_PAGE)
        lines = [_line(operation) for operation in self._storage.operations(after=after, limit=limit)]
        return Answer(status=200, body={"operations": lines, "next": lines[-1]["seq"] if len(lines) == limit else None})

    def _script(self, body: dict[str, Any]) -> Answer:
        """Set the mode of the next calls (`mode`, `calls` = 1, `kind` = any), or `heal` everything."""
        mode = _text(body, "mode")
        if mode == "heal":
            self._storage.forget_scripts(healed=True)
            return Answer(status=200, body={"mode": mode})
        calls = _number(body, "calls", most=MOST_CALLS) if "calls" in body else 1
        try:
            kind = Kind(_text(body, "kind")) if "kind" in body else None
            self._storage.add_script(Mode(mode), calls=calls, kind=kind)
        except ValueError:
            raise BadRequest("script_malformed") from None
        return Answer(status=200, body={"mode": mode, "calls": calls, "kind": kind})


def _error(status: int, code: str) -> Answer:
    headers = {"Retry-After": "1"} if status == HTTPStatus.TOO_MANY_REQUESTS else {}
    return Answer(status=status, body={"error": code}, headers=headers)


def _line(operation: Operation) -> dict[str, Any]:
    return {
        "seq": operation.seq,
        "key": operation.key,
        "kind": operation.kind,
        "status": operation.status,
        "code": operation.code,
        "reference": operation.reference,
        "authorization": operation.authorization,
        "payment_method": operation.payment_method,
        "amount": operation.amount,
        "currency": operation.currency,
        "created_at": operation.created_at.isoformat(),
    }


def _body(environ: dict[str, Any], *names: str) -> dict[str, Any]:
    """The JSON object of a request, with exactly these members where any are named."""
    try:
        length = int(environ.get("CONTENT_LENGTH") or 0)
    except ValueError:
        raise BadRequest("length_malformed") from None
    if not 0 < length <= LONGEST_BODY:
        raise BadRequest("body_too_large" if length else "body_required")
    try:
        body = json.loads(environ["wsgi.input"].read(length))
    except (ValueError, RecursionError):
        raise BadRequest("body_malformed") from None
    if not isinstance(body, dict) or (names and set(body) != set(names)):
        raise BadRequest("body_malformed")
    return body


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_TEXT or not value.isprintable():
        raise BadRequest(f"{name}_malformed")
    return value


def _number(body: dict[str, Any], name: str, *, most: int) -> int:
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= most:
        raise BadRequest(f"{name}_malformed")
    return value


def _currency(body: dict[str, Any]) -> str:
    currency = _text(body, "currency")
    if len(currency) != CURRENCY_LETTERS or not currency.isascii() or not currency.isupper():
        raise BadRequest("currency_malformed")
    return currency
