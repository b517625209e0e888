"""The simulator keeps its word: one effect per key, a ledger that cannot be changed, and misbehavior only on demand."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest

from config.environment import environment
from tests.payments.simulator import RunningSimulator


class TestAuthorization:
    def test_holds_the_amount_and_names_the_authorization(self, simulator: RunningSimulator) -> None:
        answer = simulator.authorize("key-1", amount=1999)

        assert answer.status_code == 201
        body = answer.json()
        assert (body["status"], body["amount"], body["currency"]) == ("succeeded", 1999, "EUR")
        assert body["reference"].startswith("sim_authorization_")

    @pytest.mark.parametrize(
        ("token", "code"),
        [
            ("sim_declined", "card_declined"),
            ("sim_insufficient_funds", "insufficient_funds"),
            ("pm_of_nobody", "payment_method_unknown"),
        ],
    )
    def test_is_declined_by_token(self, simulator: RunningSimulator, token: str, code: str) -> None:
        answer = simulator.authorize(token=token)

        assert answer.status_code == 402
        assert answer.json()["code"] == code
        assert simulator.effects() == []

    def test_is_given_again_for_the_same_key(self, simulator: RunningSimulator) -> None:
        first, second = simulator.authorize("key-1"), simulator.authorize("key-1")

        assert first.json() == second.json()
        assert second.headers["Idempotent-Replayed"] == "true"
        assert simulator.effects() == [("authorization", 100)]

    def test_is_refused_for_the_same_key_with_another_body(self, simulator: RunningSimulator) -> None:
        simulator.authorize("key-1", amount=100)

        answer = simulator.authorize("key-1", amount=101)

        assert (answer.status_code, answer.json()) == (409, {"error": "key_reused"})

    def test_has_one_effect_for_twenty_calls_at_once(self, simulator: RunningSimulator) -> None:
        barrier = threading.Barrier(20)

        def call(_: int) -> str:
            barrier.wait()
            return httpx.post(
                f"{simulator.url}/v1/authorizations",
                json={"payment_method": "sim_ok", "amount": 100, "currency": "EUR"},
                headers={"Authorization": f"Bearer {simulator.secret}", "Idempotency-Key": "key-1"},
                trust_env=False,
                timeout=30,
            ).text

        with ThreadPoolExecutor(20) as pool:
            answers = set(pool.map(call, range(20)))

        assert len(answers) == 1
        assert simulator.effects() == [("authorization", 100)]


class TestWhatFollowsAnAuthorization:
    def test_captures_up_to_the_authorized_amount(self, simulator: RunningSimulator) -> None:
        reference = simulator.authorize(amount=100).json()["reference"]

        simulator.post("/v1/captures", "c1", authorization=reference, amount=60, currency="EUR").raise_for_status()
        over = simulator.post("/v1/captures", "c2", authorization=reference, amount=41, currency="EUR")

        assert (over.status_code, over.json()["code"]) == (402, "amount_exceeds_authorization")
        assert simulator.effects() == [("authorization", 100), ("capture", 60)]

    def test_refunds_up_to_the_captured_amount(self, simulator: RunningSimulator) -> None:
        reference = simulator.authorize(amount=100).json()["reference"]
        simulator.post("/v1/captures", "c1", authorization=reference, amount=60, currency="EUR")

        over = simulator.post("/v1/refunds", "r1", authorization=reference, amount=61, currency="EUR")
        simulator.post("/v1/refunds", "r2", authorization=reference, amount=60, currency="EUR").raise_for_status()

        assert over.json()["code"] == "amount_exceeds_capture"
        assert simulator.effects()[-1] == ("refund", 60)

    def test_voids_once_and_then_captures_nothing(self, simulator: RunningSimulator) -> None:
        reference = simulator.authorize(amount=100).json()["reference"]
        money = {"authorization": reference, "amount": 100, "currency": "EUR"}

        simulator.post("/v1/voids", "v1", **money).raise_for_status()

        assert simulator.post("/v1/voids", "v2", **money).json()["code"] == "already_voided"
        assert simulator.post("/v1/captures", "c1", **money).json()["code"] == "authorization_voided"

    @pytest.mark.parametrize(
        ("token", "path", "code"),
        [
            ("sim_capture_fails", "/v1/captures", "capture_refused"),
            ("sim_refund_fails", "/v1/refunds", "refund_refused"),
        ],
    )
    def test_fails_by_the_token_of_the_authorization(
        self, simulator: RunningSimulator, token: str, path: str, code: str
    ) -> None:
        reference = simulator.authorize(token=token).json()["reference"]
        if path == "/v1/refunds":
            simulator.post("/v1/captures", "c", authorization=reference, amount=100, currency="EUR")

        answer = simulator.post(path, "x", authorization=reference, amount=100, currency="EUR")

        assert answer.json()["code"] == code

    def test_keeps_its_cap_when_captured_in_parallel(self, simulator: RunningSimulator) -> None:
        reference = simulator.authorize(amount=100).json()["reference"]
        barrier = threading.Barrier(8)

        def capture(number: int) -> int:
            barrier.wait()
            return httpx.post(
                f"{simulator.url}/v1/captures",
                json={"authorization": reference, "amount": 30, "currency": "EUR"},
                headers={"Authorization": f"Bearer {simulator.secret}", "Idempotency-Key": f"c{number}"},
                trust_env=False,
                timeout=30,
            ).status_code

        with ThreadPoolExecutor(8) as pool:
            statuses = sorted(pool.map(capture, range(8)))

        assert statuses == [201] * 3 + [402] * 5


class TestMisbehavior:
    def test_cuts_the_first_try_before_the_effect(self, simulator: RunningSimulator) -> None:
        with pytest.raises(httpx.RemoteProtocolError):
            simulator.authorize(token="sim_timeout_before")

        assert simulator.effects() == []
        assert simulator.authorize(token="sim_timeout_before").status_code == 201

    def test_cuts_the_first_try_after_the_effect(self, simulator: RunningSimulator) -> None:
        with pytest.raises(httpx.RemoteProtocolError):
            simulator.authorize("key-1", token="sim_timeout_after")

        assert simulator.effects() == [("authorization", 100)]
        assert simulator.client.get("/v1/operations/key-1").json()["status"] == "succeeded"
        assert simulator.authorize("key-1", token="sim_timeout_after").status_code == 201
        assert simulator.effects() == [("authorization", 100)]

    def test_fails_until_it_is_healed(self, simulator: RunningSimulator) -> None:
        assert [simulator.authorize(token="sim_error").status_code for _ in range(3)] == [500, 500, 500]

        simulator.heal()

        assert simulator.authorize(token="sim_error").status_code == 201

    def test_follows_its_script_for_so_many_calls(self, simulator: RunningSimulator) -> None:
        simulator.script("rate_limited", calls=2)

        assert [simulator.authorize(f"k{n}").status_code for n in range(3)] == [429, 429, 201]

    def test_follows_its_script_for_one_kind_of_call(self, simulator: RunningSimulator) -> None:
        simulator.script("declined", kind="capture")
        reference = simulator.authorize().json()["reference"]

        answer = simulator.post("/v1/captures", "c", authorization=reference, amount=100, currency="EUR")

        assert answer.json()["code"] == "capture_refused"

    def test_forgets_its_script(self, simulator: RunningSimulator) -> None:
        simulator.script("error", calls=100)

        simulator.client.delete("/v1/script").raise_for_status()

        assert simulator.authorize().status_code == 201


class TestBadInput:
    @pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}])
    def test_without_the_secret_is_refused(self, simulator: RunningSimulator, header: dict[str, str]) -> None:
        answer = httpx.get(f"{simulator.url}/v1/ledger", headers=header, trust_env=False)

        assert answer.status_code == 401

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"payment_method": "sim_ok", "amount": 0, "currency": "EUR"},
            {"payment_method": "sim_ok", "amount": True, "currency": "EUR"},
            {"payment_method": "sim_ok", "amount": 1.5, "currency": "EUR"},
            {"payment_method": "sim_ok", "amount": 10**13, "currency": "EUR"},
            {"payment_method": "sim_ok", "amount": 1, "currency": "eur"},
            {"payment_method": "\0", "amount": 1, "currency": "EUR"},
            {"payment_method": "sim_ok", "amount": 1, "currency": "EUR", "more": 1},
        ],
    )
    def test_in_the_body_is_refused(self, simulator: RunningSimulator, body: dict[str, object]) -> None:
        answer = simulator.post("/v1/authorizations", "key-1", **body)

        assert answer.status_code == 400
        assert simulator.ledger == []

    def test_that_is_no_json_is_refused(self, simulator: RunningSimulator) -> None:
        headers = {"Idempotency-Key": "k"}

        for content in (b"{", b"[" * 5000, b"x" * 20_000, b""):
            assert simulator.client.post("/v1/voids", content=content, headers=headers).status_code == 400

    def test_without_a_key_is_refused(self, simulator: RunningSimulator) -> None:
        body = {"payment_method": "sim_ok", "amount": 1, "currency": "EUR"}

        assert simulator.client.post("/v1/authorizations", json=body).json() == {"error": "idempotency_key_required"}

    def test_for_an_unknown_path_or_key_is_not_found(self, simulator: RunningSimulator) -> None:
        assert simulator.client.get("/v1/nothing").json() == {"error": "unknown_route"}
        assert simulator.client.get("/v1/operations/nothing").json() == {"error": "unknown_operation"}


class TestItsLedger:
    def test_cannot_be_changed_even_by_itself(self, simulator: RunningSimulator) -> None:
        simulator.authorize()
        described = environment().simulator
        assert described is not None

        with psycopg.connect(described.database.conninfo) as connection:
            for statement in ("update operation set amount = 1", "delete from operation"):
                with pytest.raises(psycopg.errors.RaiseException), connection.transaction():
                    connection.execute(statement)

    def test_is_read_page_by_page(self, simulator: RunningSimulator) -> None:
        for number in range(3):
            simulator.authorize(f"k{number}")

        first = simulator.client.get("/v1/ledger", params={"limit": 2}).json()
        second = simulator.client.get("/v1/ledger", params={"limit": 2, "after": first["next"]}).json()

        assert [line["key"] for line in first["operations"] + second["operations"]] == ["k0", "k1", "k2"]
        assert second["next"] is None
