"""The management port says what a load balancer should do, not everything that is wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from config.environment import environment
from config.supervisor.health import DATABASE_GRACE, PROBE_EVERY, TICK_SECONDS, Health
from config.supervisor.listener import ManagementListener
from tests.stack import free_ports

NOWHERE = "unix:///nowhere.sock"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def processes() -> dict[str, str]:
    return {"web": "ok", "relay": "ok", "worker": "ok"}


@pytest.fixture
def health(django_db_setup: None, redis_url: str, clock: Clock, processes: dict[str, str]) -> Health:
    health = Health(
        databases={alias: database.app for alias, database in environment().databases.items()},
        redis_url=redis_url,
        processes=lambda: processes,
        clock=clock,
        started=True,
    )
    health.tick()
    return health


def lose_database(health: Health) -> None:
    health.databases = {alias: replace(address, host="/nowhere") for alias, address in health.databases.items()}


class TestReadiness:
    def test_is_given_when_everything_answers(self, health: Health) -> None:
        answer = health.ready()

        assert answer.status == 200
        assert answer.body == {
            "status": "ready",
            "checks": {"database": "ok", "redis": "ok", "web": "ok", "relay": "ok", "worker": "ok"},
        }

    def test_waits_for_the_start(self, health: Health) -> None:
        health.started = False

        assert (health.ready().status, health.startup().status) == (503, 503)

    def test_ends_when_draining(self, health: Health) -> None:
        health.draining = True

        assert (health.ready().status, health.live().status) == (503, 200)

    def test_survives_the_loss_of_redis_degraded(self, health: Health) -> None:
        health.redis_url = NOWHERE

        answer = health.ready()

        assert (answer.status, answer.body["status"]) == (200, "degraded")

    def test_survives_the_loss_of_the_relay_degraded(self, health: Health, processes: dict[str, str]) -> None:
        processes["relay"] = "silent"

        answer = health.ready()

        assert (answer.status, answer.body["status"]) == (200, "degraded")

    def test_ends_with_the_web_process(self, health: Health, processes: dict[str, str]) -> None:
        processes["web"] = "restarting"

        assert health.ready().status == 503

    def test_ends_with_the_relay_where_nothing_else_runs(self, health: Health, processes: dict[str, str]) -> None:
        del processes["web"], processes["worker"]
        before = health.ready().status
        processes["relay"] = "silent"

        assert (before, health.ready().status) == (200, 503)

    def test_outlasts_the_loss_of_one_database_of_several(self, health: Health, clock: Clock) -> None:
        orders = health.databases["orders"]
        health.databases = {**health.databases, "orders": replace(orders, host="/nowhere")}
        health.ready()
        clock.now += DATABASE_GRACE + PROBE_EVERY

        answer = health.ready()

        assert (answer.status, answer.body["status"]) == (200, "degraded")

    def test_outlasts_a_short_loss_of_the_database_only(self, health: Health, clock: Clock) -> None:
        lose_database(health)
        first = health.ready()
        clock.now += DATABASE_GRACE + PROBE_EVERY

        assert (first.status, first.body["status"]) == (200, "degraded")
        assert health.ready().status == 503

    def test_asks_the_database_only_now_and_then(self, health: Health, clock: Clock) -> None:
        health.ready()
        lose_database(health)
        within = health.ready()
        clock.now += PROBE_EVERY

        assert within.body["status"] == "ready"
        assert health.ready().body["status"] == "degraded"


class TestLiveness:
    def test_needs_a_loop_that_turns(self, health: Health, clock: Clock) -> None:
        clock.now += TICK_SECONDS + 1

        assert health.live().status == 503

    def test_needs_nothing_else(self, health: Health) -> None:
        lose_database(health)
        health.redis_url = NOWHERE

        assert health.live().status == 200


class TestTheListener:
    @pytest.fixture
    def address(self, health: Health) -> Iterator[str]:
        port = free_ports(1)[0]
        listener = ManagementListener(health, "127.0.0.1", port)
        listener.start()
        yield f"http://127.0.0.1:{port}"
        listener.stop()

    @pytest.mark.parametrize("path", ["/livez", "/readyz", "/startupz"])
    def test_answers_in_json(self, address: str, path: str) -> None:
        with urlopen(address + path) as answer:  # noqa: S310 -- our own listener
            assert answer.status == 200
            assert "status" in json.load(answer)

    def test_knows_nothing_else(self, address: str) -> None:
        with pytest.raises(HTTPError) as refusal:
            urlopen(f"{address}/metrics")  # noqa: S310 -- our own listener

        with refusal.value as answer:
            assert answer.code == 404
