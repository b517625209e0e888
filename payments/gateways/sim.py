"""The adapter of the provider simulator, over HTTP like any provider."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx

from payments.gateways.port import Absent, Outcome, Refused, Succeeded, Unclear, Unreachable
from payments.policies import decline_code
from shared_kernel.money import CURRENCY_DIGITS, MAX_AMOUNT, Money

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 4.0
TOTAL_SECONDS = CONNECT_SECONDS + ANSWER_SECONDS
MOST_CONNECTIONS = 8
LONGEST_ANSWER = 64 * 1024
LONGEST_REFERENCE = 255

# No request can have been read before the connection stood, or before the pool gave one out.
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class SimGateway:
    """Speaks to the simulator; one pool of at most eight connections, each answer bounded in time and size."""

    def __init__(self, *, url: str, secret: str) -> None:
        self._client = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {secret}"},
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=MOST_CONNECTIONS),
            trust_env=False,
        )

    def close(self) -> None:
        """Close the connections that are kept for later calls."""
        self._client.close()

    def authorize(self, *, key: str, amount: Money, token: str) -> Outcome:
        """Hold an amount on the payment method behind a token."""
        return self._command("/v1/authorizations", key, amount, payment_method=token)

    def capture(self, *, key: str, authorization: str, amount: Money) -> Outcome:
        """Collect an amount of an authorization."""
        return self._command("/v1/captures", key, amount, authorization=authorization)

    def void(self, *, key: str, authorization: str, amount: Money) -> Outcome:
        """Let go of an authorization."""
        return self._command("/v1/voids", key, amount, authorization=authorization)

    def refund(self, *, key: str, authorization: str, amount: Money) -> Outcome:
        """Send back an amount of what was captured."""
        return self._command("/v1/refunds", key, amount, authorization=authorization)

    def find_operation(self, *, key: str) -> Outcome | Absent:
        """What became of the command that carried this key."""
        request = self._client.build_request("GET", f"/v1/operations/{key}")
        answer = self._exchange(request)
        if isinstance(answer, Unreachable | Unclear):
            # A question has no effect, but it leaves the earlier request as unclear as it was.
            return Unclear(error=answer.error)
        status, body = answer
        if status == httpx.codes.NOT_FOUND and body.get("error") == "unknown_operation":
            return Absent()
        outcome = _read(status, body)
        return Unclear(error=outcome.error) if isinstance(outcome, Unreachable) else outcome

    def _command(self, path: str, key: str, amount: Money, **members: str) -> Outcome:
        body = {"amount": amount.amount, "currency": amount.currency, **members}
        answer = self._exchange(self._client.build_request("POST", path, json=body, headers={"Idempotency-Key": key}))
        if isinstance(answer, Unreachable | Unclear):
            return answer
        return _read(*answer)

    def _exchange(self, request: httpx.Request) -> tuple[int, dict[str, Any]] | Unclear | Unreachable:
        """One request and its whole answer.

        httpx limits each read, not their sum, so a provider that sends byte after byte is cut off here.
        """
        started = time.monotonic()
        content = bytearray()
        try:
            response = self._client.send(request, stream=True)
            try:
                for chunk in response.iter_raw():
                    content += chunk
                    if len(content) > LONGEST_ANSWER:
                        return Unclear(error="answer_too_long")
                    if time.monotonic() - started > TOTAL_SECONDS:
                        return Unclear(error="timeout")
            finally:
                response.close()
        except _NEVER_LEFT:
            return Unreachable(error="unreachable")
        except httpx.TimeoutException:
            return Unclear(error="timeout")
        except httpx.TransportError:
            return Unclear(error="connection_lost")
        try:
            body = json.loads(bytes(content))
        except (ValueError, RecursionError):
            body = None
        return response.status_code, body if isinstance(body, dict) else {}


def _read(status: int, body: dict[str, Any]) -> Outcome:
    """What an answer means; one that cannot be understood leaves the outcome open."""
    match status:
        case 200 | 201 | 402:
            return _operation(body)
        case 400 | 422 if isinstance(body.get("error"), str):
            return Refused(code=decline_code(body["error"]))
        case 401 | 403:
            return Unreachable(error="credentials_refused")
        case 429:
            return Unreachable(error="rate_limited")
        case _:
            return Unclear(error=f"status_{status}")


def _operation(body: dict[str, Any]) -> Outcome:
    match body:
        case {"status": "declined", "code": str(code)}:
            return Refused(code=decline_code(code))
        case {"status": "succeeded", "reference": str(reference), "amount": int(amount), "currency": str(currency)}:
            believable = type(amount) is int and 0 < amount <= MAX_AMOUNT and currency in CURRENCY_DIGITS
            if believable and 0 < len(reference) <= LONGEST_REFERENCE:
                return Succeeded(reference=reference, amount=Money(amount=amount, currency=currency))
        case _:
            pass
    return Unclear(error="answer_malformed")
