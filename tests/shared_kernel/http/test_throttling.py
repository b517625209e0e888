from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client, override_settings
from rest_framework.settings import api_settings
from rest_framework.test import APIRequestFactory

from shared_kernel.http import throttling
from shared_kernel.http.counters import Counters, Policy
from shared_kernel.http.rate_policies import GENEROUS
from shared_kernel.http.throttling import client_address, network_of

# Long enough that no test sees it end; each test counts under a name of its own.
HOUR = 3600


def policy(quota: int = 10) -> Policy:
    return Policy(name=f"test-{uuid4()}", quota=quota, seconds=HOUR)


class TestCountersInRedis:
    def test_let_exactly_the_quota_through_however_many_ask_at_once(self, redis_url: str) -> None:
        limit = policy(10)
        processes = [Counters(redis_url, processes=2) for _ in range(2)]

        with ThreadPoolExecutor(20) as pool:
            counts = list(pool.map(lambda number: processes[number % 2].hit(limit, "caller"), range(60)))

        assert sum(count.allowed for count in counts) == 10

    def test_count_each_caller_alone(self, redis_url: str) -> None:
        limit, counters = policy(1), Counters(redis_url, processes=1)

        assert [counters.hit(limit, caller).allowed for caller in ("a", "b", "a")] == [True, True, False]

    def test_start_anew_in_the_next_window(self, redis_url: str) -> None:
        now = [1_000_000.0]
        limit, counters = policy(1), Counters(redis_url, processes=1, wall_clock=lambda: now[0])
        used = [counters.hit(limit, "a").allowed, counters.hit(limit, "a").allowed]

        now[0] += HOUR

        assert used == [True, False]
        assert counters.hit(limit, "a").allowed

    def test_tell_what_is_left_and_until_when(self, redis_url: str) -> None:
        counters = Counters(redis_url, processes=1, wall_clock=lambda: 2.0 * HOUR + 600)

        count = counters.hit(policy(10), "a")

        assert (count.remaining, count.reset_seconds) == (9, HOUR - 600)


class TestCountersWithoutRedis:
    NOWHERE = "redis://127.0.0.1:1/0"

    def test_let_each_process_grant_its_share(self) -> None:
        limit, counters = policy(10), Counters(self.NOWHERE, processes=2)

        assert sum(counters.hit(limit, "a").allowed for _ in range(20)) == 5

    def test_leave_it_alone_for_five_seconds_after_three_failures(self) -> None:
        now = [0.0]
        counters = Counters(self.NOWHERE, processes=1, monotonic=lambda: now[0])
        tried: list[float] = []
        counters._shared.incr = lambda *_: self._fail(tried, now)  # type: ignore[union-attr, method-assign]

        for _ in range(10):
            counters.hit(policy(), "a")
        now[0] = 5.1
        counters.hit(policy(), "a")
        counters.hit(policy(), "a")

        assert tried == [0.0, 0.0, 0.0, 5.1]

    @staticmethod
    def _fail(tried: list[float], now: list[float]) -> int:
        tried.append(now[0])
        raise ConnectionError


@pytest.mark.django_db(databases="__all__")
class TestAView:
    @pytest.fixture(autouse=True)
    def limits(self, redis_url: str) -> Iterator[None]:
        quota = {**GENEROUS, "anonymous": f"3/{HOUR}"}
        throttling.counters.cache_clear()
        with override_settings(ASHLAR_RATE_LIMITS=quota):
            yield
        throttling.counters.cache_clear()

    @staticmethod
    def ask(address: str, **headers: str) -> Any:
        return Client(REMOTE_ADDR=address).get("/v1/parked", headers=headers)

    def test_answers_within_the_quota_and_says_what_is_left(self) -> None:
        response = self.ask("192.0.2.1")

        assert response.headers["RateLimit-Policy"] == f'"anonymous";q=3;w={HOUR}'
        assert response.headers["RateLimit"].startswith('"anonymous";r=2;t=')

    def test_refuses_beyond_it_with_the_time_to_wait(self) -> None:
        answers = [self.ask("192.0.2.2") for _ in range(4)]

        last = answers[-1]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert (last.json()["code"], last.json()["retryable"]) == ("rate_limited", True)
        assert 0 < int(last.headers["Retry-After"]) <= HOUR
        assert last.headers["RateLimit"].startswith('"anonymous";r=0;t=')

    def test_is_not_fooled_by_rotating_forwarded_addresses(self) -> None:
        answers = [self.ask("192.0.2.3", **{"x-forwarded-for": f"198.51.100.{number}"}) for number in range(4)]

        assert answers[-1].status_code == 429

    def test_counts_guessed_credentials_against_the_guesser(self) -> None:
        guesses = [self.ask("192.0.2.4", authorization=f"Bearer sk_{number}") for number in range(4)]

        assert [answer.status_code for answer in guesses] == [401, 401, 401, 429]
        assert self.ask("192.0.2.4").status_code == 429

    def test_counts_an_ipv6_network_as_one_caller(self) -> None:
        answers = [self.ask(f"2001:db8:1:2::{number}") for number in range(4)]

        assert answers[-1].status_code == 429


class TestTheAddressOfACaller:
    @pytest.mark.parametrize(
        ("proxies", "forwarded", "address"),
        [
            (0, "198.51.100.1", "192.0.2.9"),
            (1, "198.51.100.1, 198.51.100.2", "198.51.100.2"),
            (2, "198.51.100.1, 198.51.100.2, 198.51.100.3", "198.51.100.2"),
            (3, "198.51.100.1", "198.51.100.1"),
            (1, "", "192.0.2.9"),
            (1, "junk", "unknown"),
        ],
    )
    def test_is_what_our_own_proxies_saw(
        self, monkeypatch: pytest.MonkeyPatch, proxies: int, forwarded: str, address: str
    ) -> None:
        monkeypatch.setattr(api_settings, "NUM_PROXIES", proxies)
        request = APIRequestFactory().get("/", REMOTE_ADDR="192.0.2.9", HTTP_X_FORWARDED_FOR=forwarded)

        assert client_address(request) == address

    @pytest.mark.parametrize(
        ("address", "network"),
        [
            ("192.0.2.1", "192.0.2.1"),
            ("2001:db8::1:2:3:4", "2001:db8::"),
            ("::ffff:192.0.2.1", "192.0.2.1"),
            ("", "unknown"),
        ],
    )
    def test_of_ipv6_stands_for_its_network(self, address: str, network: str) -> None:
        assert network_of(address) == network
