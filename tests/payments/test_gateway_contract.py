"""What payments relies on in every gateway; each adapter is held to it against a running provider."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from payments.gateways.port import Absent, Gateway, Refused, Succeeded, Unclear, Unreachable
from payments.gateways.sim import LONGEST_ANSWER, SimGateway
from shared_kernel.money import Money
from tests.payments.hostile_server import answering, response
from tests.payments.simulator import RunningSimulator

EUR_100 = Money(amount=100, currency="EUR")


@pytest.fixture(params=["sim"])
def gateway(simulator: RunningSimulator) -> Iterator[Gateway]:
    """Each adapter in turn; one that comes later adds its name here."""
    with closing(SimGateway(url=simulator.url, secret=simulator.secret)) as adapter:
        yield adapter


@contextmanager
def told(raw: bytes) -> Iterator[Gateway]:
    """A gateway whose provider answers everything with these bytes."""
    with answering(raw) as url, closing(SimGateway(url=url, secret="s")) as gateway:
        yield gateway


def authorized(gateway: Gateway, *, key: str = "auth-1", token: str = "sim_ok") -> str:
    """The provider's name of a fresh authorization."""
    outcome = gateway.authorize(key=key, amount=EUR_100, token=token)
    assert isinstance(outcome, Succeeded)
    return outcome.reference


class TestGateway:
    @pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD"])
    def test_authorizes_captures_and_refunds_the_very_amount(self, gateway: Gateway, currency: str) -> None:
        money = Money(amount=1001, currency=currency)
        authorization = gateway.authorize(key="a", amount=money, token="sim_ok")
        assert isinstance(authorization, Succeeded)

        captured = gateway.capture(key="c", authorization=authorization.reference, amount=money)
        refunded = gateway.refund(key="r", authorization=authorization.reference, amount=money)

        assert [authorization.amount, captured, refunded] == [
            money,
            Succeeded(reference=captured.reference if isinstance(captured, Succeeded) else "", amount=money),
            Succeeded(reference=refunded.reference if isinstance(refunded, Succeeded) else "", amount=money),
        ]

    def test_voids_what_is_authorized(self, gateway: Gateway) -> None:
        outcome = gateway.void(key="v", authorization=authorized(gateway), amount=EUR_100)

        assert isinstance(outcome, Succeeded)

    def test_repeats_its_answer_for_the_same_key(self, gateway: Gateway, simulator: RunningSimulator) -> None:
        outcomes = [gateway.authorize(key="a", amount=EUR_100, token="sim_ok") for _ in range(3)]

        assert outcomes[0] == outcomes[1] == outcomes[2]
        assert simulator.effects() == [("authorization", 100)]

    def test_does_nothing_for_the_same_key_with_another_amount(
        self, gateway: Gateway, simulator: RunningSimulator
    ) -> None:
        authorized(gateway, key="a")

        outcome = gateway.authorize(key="a", amount=Money(amount=101, currency="EUR"), token="sim_ok")

        assert not isinstance(outcome, Succeeded)
        assert simulator.effects() == [("authorization", 100)]

    @pytest.mark.parametrize(
        ("token", "code"),
        [("sim_declined", "card_declined"), ("sim_insufficient_funds", "insufficient_funds")],
    )
    def test_tells_a_decline_by_a_closed_code(self, gateway: Gateway, token: str, code: str) -> None:
        assert gateway.authorize(key="a", amount=EUR_100, token=token) == Refused(code=code)

    def test_tells_that_more_cannot_be_captured_or_refunded(self, gateway: Gateway) -> None:
        authorization, more = authorized(gateway), Money(amount=101, currency="EUR")

        assert gateway.capture(key="c", authorization=authorization, amount=more) == Refused(
            code="amount_exceeds_authorization"
        )
        assert gateway.refund(key="r", authorization=authorization, amount=EUR_100) == Refused(
            code="amount_exceeds_capture"
        )

    def test_refuses_an_authorization_nobody_made(self, gateway: Gateway) -> None:
        assert gateway.capture(key="c", authorization="none", amount=EUR_100) == Refused(code="unknown_authorization")


class TestFindingAnOperation:
    def test_answers_as_the_command_did(self, gateway: Gateway) -> None:
        done = gateway.authorize(key="done", amount=EUR_100, token="sim_ok")
        declined = gateway.authorize(key="declined", amount=EUR_100, token="sim_declined")

        assert gateway.find_operation(key="done") == done
        assert gateway.find_operation(key="declined") == declined

    def test_knows_when_there_is_none(self, gateway: Gateway) -> None:
        assert gateway.find_operation(key="never") == Absent()


class TestAProviderInTrouble:
    @pytest.mark.parametrize("mode", ["timeout_before", "timeout_after", "error"])
    def test_leaves_the_outcome_unclear(self, gateway: Gateway, simulator: RunningSimulator, mode: str) -> None:
        simulator.script(mode)

        outcome = gateway.authorize(key="a", amount=EUR_100, token="sim_ok")

        assert isinstance(outcome, Unclear)
        assert isinstance(gateway.find_operation(key="a"), Succeeded if mode == "timeout_after" else Absent)

    def test_that_limits_its_callers_has_done_nothing(self, gateway: Gateway, simulator: RunningSimulator) -> None:
        simulator.script("rate_limited")

        assert gateway.authorize(key="a", amount=EUR_100, token="sim_ok") == Unreachable(error="rate_limited")

    def test_is_waited_for(self, gateway: Gateway) -> None:
        assert isinstance(gateway.authorize(key="a", amount=EUR_100, token="sim_slow"), Succeeded)

    def test_that_nobody_reaches_has_done_nothing(self) -> None:
        with socket.socket() as reserved:
            reserved.bind(("127.0.0.1", 0))
            with closing(SimGateway(url=f"http://127.0.0.1:{reserved.getsockname()[1]}", secret="s")) as gateway:
                outcome = gateway.authorize(key="a", amount=EUR_100, token="sim_ok")

        assert outcome == Unreachable(error="unreachable")

    def test_that_refuses_our_secret_has_done_nothing(self, simulator: RunningSimulator) -> None:
        with closing(SimGateway(url=simulator.url, secret="another")) as gateway:
            sent = gateway.authorize(key="a", amount=EUR_100, token="sim_ok")
            asked = gateway.find_operation(key="a")

        assert (sent, asked) == (Unreachable(error="credentials_refused"), Unclear(error="credentials_refused"))


GOOD: dict[str, Any] = {"status": "succeeded", "reference": "r", "amount": 100, "currency": "EUR"}


class TestAnAnswerNobodyShouldBelieve:
    @pytest.mark.parametrize(
        "body",
        [
            {**GOOD, "amount": "100"},
            {**GOOD, "amount": True},
            {**GOOD, "amount": 100.0},
            {**GOOD, "amount": -100},
            {**GOOD, "amount": 10**30},
            {**GOOD, "currency": "XXX"},
            {**GOOD, "currency": 7},
            {**GOOD, "reference": ""},
            {**GOOD, "reference": "r" * 256},
            {**GOOD, "status": "perhaps"},
            {"status": "declined"},
            {},
            [],
            None,
        ],
    )
    def test_leaves_the_outcome_unclear(self, body: object) -> None:
        with told(response(200, json.dumps(body).encode())) as gateway:
            outcome = gateway.authorize(key="a", amount=EUR_100, token="t")

        assert outcome == Unclear(error="answer_malformed")

    @pytest.mark.parametrize(
        ("raw", "error"),
        [
            (response(200, b"{" * 100), "answer_malformed"),
            (response(200, b"[" * 60_000), "answer_malformed"),
            (response(200, b'{"a":"' + b"x" * (LONGEST_ANSWER + 1) + b'"}'), "answer_too_long"),
            (response(503, b"<html>"), "status_503"),
            (response(404, b"<html>"), "status_404"),
            (response(302, b"{}"), "status_302"),
            (b"no http at all\r\n\r\n", "connection_lost"),
            (b"", "connection_lost"),
            (response(200, b"{}")[:-1], "connection_lost"),
        ],
    )
    def test_that_is_no_answer_leaves_it_unclear_too(self, raw: bytes, error: str) -> None:
        with told(raw) as gateway:
            sent = gateway.authorize(key="a", amount=EUR_100, token="t")
            asked = gateway.find_operation(key="a")

        assert (sent, asked) == (Unclear(error=error), Unclear(error=error))

    def test_with_an_unknown_code_is_a_plain_decline(self) -> None:
        with told(response(402, b'{"status": "declined", "code": "<script>"}')) as gateway:
            outcome = gateway.authorize(key="a", amount=EUR_100, token="t")

        assert outcome == Refused(code="provider_declined")
