from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import connections
from django.test import Client

from shared_kernel.housekeeping import tidy
from shared_kernel.models import IdempotencyKey, KnownApiKey
from tests.databases import TestDatabase
from tests.shared_kernel.http import shop

pytestmark = pytest.mark.usefixtures("committed")


def post() -> Any:
    return Client(raise_request_exception=False).post(
        "/v1/one-transaction",
        '{"name": "fine"}',
        content_type="application/json",
        headers={"idempotency-key": str(uuid4())},
    )


@pytest.fixture
def locked(test_database: TestDatabase) -> Iterator[psycopg.Connection[Any]]:
    """Somebody else who holds the table of effects."""
    with psycopg.connect(test_database.superuser().info.dsn, password=test_database.superuser().info.password) as other:
        other.execute("lock table orders.known_api_key in exclusive mode")
        yield other
        other.rollback()


class TestADatabase:
    def test_that_is_busy_is_answered_by_a_503_after_the_lock_timeout(self, locked: psycopg.Connection[Any]) -> None:
        response = post()

        assert (response.status_code, response.json()["code"]) == (503, "busy")
        assert response.headers["Retry-After"] == "1"
        locked.rollback()
        assert post().status_code == 201

    def test_that_ends_a_connection_costs_one_request_at_most(self, test_database: TestDatabase) -> None:
        post()
        test_database.superuser().execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where usename = 'orders_app' and datname = current_database()"
        )

        statuses = [post().status_code for _ in range(3)]

        assert set(statuses) <= {201, 503}
        assert statuses[1:] == [201, 201]

    def test_that_is_away_is_a_503_to_retry(self, monkeypatch: pytest.MonkeyPatch) -> None:
        connection = connections[shop.ORDERS]
        connection.close()
        away = {**connection.settings_dict, "HOST": "127.0.0.1", "PORT": "1"}
        monkeypatch.setattr(connection, "settings_dict", away)

        response = post()

        document = response.json()
        assert (response.status_code, document["code"], document["retryable"]) == (503, "service_unavailable", True)
        assert int(response.headers["Retry-After"]) >= 1
        assert "127.0.0.1" not in document["detail"]

    def test_that_was_away_left_nothing_half_done(self, locked: psycopg.Connection[Any]) -> None:
        post()
        locked.rollback()

        assert KnownApiKey.objects.using(shop.ORDERS).count() == 0
        assert IdempotencyKey.objects.using(shop.ORDERS).count() == 0


class TestTidyingUp:
    def test_takes_every_old_key_batch_by_batch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("shared_kernel.housekeeping.BATCH", 2)
        for _ in range(5):
            post()
        IdempotencyKey.objects.using(shop.ORDERS).update(created_at="2000-01-01T00:00:00Z")
        post()

        assert tidy(shop.ORDERS) == 5
        assert IdempotencyKey.objects.using(shop.ORDERS).count() == 1
