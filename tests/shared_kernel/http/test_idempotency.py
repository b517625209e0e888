from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections
from django.test import Client

from shared_kernel import clock
from shared_kernel.http.claims import purge
from shared_kernel.identity import order_tokens
from shared_kernel.models import IdempotencyKey, KnownApiKey
from tests.shared_kernel.http import shop

pytestmark = pytest.mark.usefixtures("committed")
ONE = "/v1/one-transaction"
STEPS = "/v1/many-steps"
BOTH = pytest.mark.parametrize("path", [ONE, STEPS])


@pytest.fixture(autouse=True)
def steps() -> Iterator[None]:
    shop.STEPS.clear()
    yield
    for name in [name for name in shop.FAULTS if name.startswith("steps ")]:
        del shop.FAULTS[name]


def send(path: str, *, key: str | None = None, name: str = "fine", body: str | None = None, **headers: str) -> Any:
    if key is not None:
        headers["idempotency-key"] = key
    client = Client(raise_request_exception=False)
    return client.post(path, body or f'{{"name": "{name}"}}', content_type="application/json", headers=headers)


def effects() -> int:
    return KnownApiKey.objects.using("orders").count()


def code(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


class TestAKey:
    @BOTH
    def test_is_required_where_the_view_says_so(self, path: str) -> None:
        assert code(send(path)) == (400, "idempotency_key_required")

    @BOTH
    @pytest.mark.parametrize("key", ["", " ", "a b", "é", "x" * 256])
    def test_is_visible_ascii_of_bounded_length(self, path: str, key: str) -> None:
        assert code(send(path, key=key)) == (400, "idempotency_key_invalid")

    @pytest.mark.parametrize(
        "key", ["order-1", "1234567890", "0" * 32, "00000000-0000-0000-0000-000000000000", "a" * 26]
    )
    def test_of_an_anonymous_caller_cannot_be_guessable(self, key: str) -> None:
        assert code(send(ONE, key=key)) == (400, "idempotency_key_invalid")

    @pytest.mark.parametrize(
        "key",
        ["6f9619ff-8b86-4d11-b42d-00c04fc964ff", "6f9619ff8b864d11b42d00c04fc964ff", "01ARZ3NDEKTSV4RRFFQ69G5FAV"],
    )
    def test_of_an_anonymous_caller_is_a_uuid_or_ulid(self, key: str) -> None:
        assert send(ONE, key=key).status_code == 201

    def test_of_somebody_known_is_whatever_they_like(self) -> None:
        token = order_tokens.issue(order_id=uuid4(), expires_at=clock.now("orders").replace(year=2090))

        assert send(ONE, key="order-1", **{"order-token": token}).status_code == 201

    def test_is_not_stored_itself(self) -> None:
        key = str(uuid4())

        send(ONE, key=key)

        (row,) = IdempotencyKey.objects.using("orders").values()
        assert key.encode() not in b"".join(
            bytes(value) for value in row.values() if isinstance(value, memoryview | bytes)
        )

    def test_counts_per_principal_and_path(self) -> None:
        key = str(uuid4())
        token = order_tokens.issue(order_id=uuid4(), expires_at=clock.now("orders").replace(year=2090))

        answers = [send(ONE, key=key), send(STEPS, key=key), send(ONE, key=key, **{"order-token": token})]

        assert [answer.headers.get("Idempotent-Replayed") for answer in answers] == [None, None, None]
        assert effects() == 3


class TestARepeat:
    @BOTH
    def test_gets_the_same_bytes_and_has_no_effect(self, path: str) -> None:
        key = str(uuid4())

        first, second = send(path, key=key), send(path, key=key)

        assert (first.status_code, second.status_code) == (201, 201)
        assert first.content == second.content
        assert (first.headers.get("Idempotent-Replayed"), second.headers["Idempotent-Replayed"]) == (None, "true")
        assert effects() == 1

    def test_gets_the_headers_of_the_content_and_its_own_request_id(self) -> None:
        key = str(uuid4())

        first, second = send(ONE, key=key), send(ONE, key=key)

        for name in ("Content-Type", "Location", "ETag"):
            assert first.headers[name] == second.headers[name]
        assert first.headers["X-Request-Id"] != second.headers["X-Request-Id"]
        assert "X-Other" not in second.headers

    def test_may_be_written_differently_as_long_as_it_means_the_same(self) -> None:
        key = str(uuid4())
        send(ONE, key=key)

        assert send(ONE, key=key, body='{ "name" :"fine"}').headers["Idempotent-Replayed"] == "true"

    @BOTH
    def test_with_another_body_is_refused(self, path: str) -> None:
        key = str(uuid4())
        send(path, key=key)

        assert code(send(path, key=key, name="other")) == (422, "idempotency_key_reused")
        assert effects() == 1

    @BOTH
    @pytest.mark.parametrize("kind", ["rejected", "conflict"])
    def test_of_a_domain_refusal_is_refused_alike(self, path: str, kind: str) -> None:
        key = str(uuid4())

        first, second = send(path, key=key, name=kind), send(path, key=key, name=kind)

        assert (first.status_code, second.status_code) == (409, 409)
        assert first.content == second.content
        assert second.headers["Idempotent-Replayed"] == "true"
        assert second.headers["Content-Type"] == "application/problem+json"
        assert effects() == 0

    @BOTH
    @pytest.mark.parametrize(
        ("name", "status"), [("invalid", 422), ("not_found", 404), ("unavailable", 503), ("bug", 500), ("x" * 51, 422)]
    )
    def test_of_what_has_no_outcome_runs_again(self, path: str, name: str, status: int) -> None:
        key = str(uuid4())

        answers = [send(path, key=key, name=name), send(path, key=key, name=name)]

        assert [answer.status_code for answer in answers] == [status, status]
        assert all("Idempotent-Replayed" not in answer.headers for answer in answers)
        assert effects() == 0

    @BOTH
    def test_after_a_malformed_try_may_have_another_body(self, path: str) -> None:
        key = str(uuid4())
        send(path, key=key, body="{")
        send(path, key=key, body='{"nome": "fine"}')

        assert send(path, key=key).status_code == 201

    def test_after_a_rollback_may_have_another_body(self) -> None:
        key = str(uuid4())
        send(ONE, key=key, name="bug")

        assert send(ONE, key=key).status_code == 201


class TestManySteps:
    def test_go_on_under_the_same_id_after_an_unknown_outcome(self) -> None:
        key = str(uuid4())
        shop.FAULTS["steps fine"] = shop.FAULTS["unavailable"]
        broken = send(STEPS, key=key)

        again = send(STEPS, key=key)

        assert (broken.status_code, again.status_code) == (503, 201)
        assert len(shop.STEPS) == 2
        assert len(set(shop.STEPS)) == 1

    def test_whose_id_went_out_keep_the_key_for_the_same_body(self) -> None:
        key = str(uuid4())
        send(STEPS, key=key, name="unavailable")

        assert code(send(STEPS, key=key, name="other")) == (422, "idempotency_key_reused")

    def test_refused_before_the_first_step_leave_the_key_free(self) -> None:
        key = str(uuid4())
        send(STEPS, key=key, name="refused early")

        assert send(STEPS, key=key).status_code == 201

    def test_of_a_run_that_died_are_driven_again_when_its_lease_is_over(self) -> None:
        key = str(uuid4())
        shop.FAULTS["steps fine"] = shop.FAULTS["unavailable"]
        send(STEPS, key=key)
        taken = IdempotencyKey.objects.using("orders")
        taken.update(leased_until=clock.now("orders") + timedelta(seconds=30))
        meanwhile = send(STEPS, key=key)

        clock.advance("orders", 31)
        later = send(STEPS, key=key)

        assert code(meanwhile) == (409, "request_in_progress")
        assert later.status_code == 201
        assert len(set(shop.STEPS)) == 1

    def test_that_lost_their_claim_store_nothing(self) -> None:
        key = str(uuid4())

        def steal(*_: Any) -> None:
            IdempotencyKey.objects.using("orders").update(holder=uuid4())

        original = shop.leave_trace
        shop.leave_trace = lambda name: (steal(), original(name))[1]  # type: ignore[func-returns-value]
        try:
            response = send(STEPS, key=key)
        finally:
            shop.leave_trace = original

        assert code(response) == (409, "request_in_progress")
        assert effects() == 0


class TestParallelRequests:
    @staticmethod
    def at_once(action: Callable[[], Any], times: int) -> list[Any]:
        barrier = Barrier(times)

        def run(_: int) -> Any:
            try:
                connections["orders"].ensure_connection()
                barrier.wait(timeout=30)
                return action()
            finally:
                connections.close_all()

        with ThreadPoolExecutor(times) as pool:
            return list(pool.map(run, range(times)))

    @BOTH
    def test_with_one_key_have_one_effect_and_one_answer(self, path: str) -> None:
        for _ in range(3):
            key, before = str(uuid4()), effects()

            answers = self.at_once(lambda key=key: send(path, key=key), 20)  # type: ignore[misc]

            bodies = {answer.content for answer in answers if answer.status_code == 201}
            refused = {code(answer) for answer in answers if answer.status_code != 201}
            assert effects() == before + 1
            assert len(bodies) == 1
            assert refused <= {(409, "request_in_progress")}
            assert all(answer.headers["Retry-After"] for answer in answers if answer.status_code == 409)
            assert send(path, key=key).content in bodies


class TestPurging:
    def test_takes_what_is_older_than_72_hours(self) -> None:
        send(ONE, key=str(uuid4()))
        clock.advance("orders", 71 * 3600)
        send(ONE, key=str(uuid4()))
        assert purge("orders") == 0

        clock.advance("orders", 2 * 3600)

        assert purge("orders") == 1
        assert IdempotencyKey.objects.using("orders").count() == 1
