from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.test import Client, override_settings

from shared_kernel import clock
from shared_kernel.contexts import hosted
from shared_kernel.models import EventHead, LoggedEvent
from tests.credentials import bearer, known_key

pytestmark = pytest.mark.usefixtures("committed")
START = datetime(2030, 1, 1, tzinfo=UTC)
ORDER = UUID(int=5)
ORDER_TEXT = "ord_00000000000000000000000005"


def ask(path: str, scope: str, **query: Any) -> Any:
    """Ask as staff with one scope."""
    key = known_key(hosted()[0].name, scope, owner="staff:ada")
    return Client().get(path, query, headers={"authorization": bearer(key)})


PAYLOAD = {"order_id": str(ORDER), "variant_ids": [str(UUID(int=7))], "quantity": 2}


def log(alias: str, seq: int, *, minutes: int, name: str = "some.event.v1", payload: dict[str, Any] = PAYLOAD) -> None:
    LoggedEvent.objects.using(alias).create(
        seq=seq,
        event_id=uuid4(),
        name=name,
        aggregate=ORDER,
        sequence=seq,
        occurred_at=START + timedelta(minutes=minutes),
        logged_at=START + timedelta(minutes=minutes),
        payload=payload,
    )
    EventHead.objects.using(alias).update(last_seq=seq)


def places(response: Any) -> list[tuple[str, int]]:
    assert response.status_code == 200, response.content
    return [(event["context"], event["seq"]) for event in response.json()["data"]]


class TestTheEventLogs:
    @pytest.fixture(autouse=True)
    def logs(self) -> None:
        log("orders", 1, minutes=1)
        log("orders", 2, minutes=4, name="another.event.v1")
        log("inventory", 1, minutes=2)
        log("inventory", 2, minutes=3)

    def test_are_merged_by_time(self) -> None:
        seen = places(ask("/v1/admin/events", "events:read"))

        assert seen == [("orders", 1), ("inventory", 1), ("inventory", 2), ("orders", 2)]

    def test_go_on_page_by_page_though_events_come_meanwhile(self) -> None:
        first = ask("/v1/admin/events", "events:read", limit=3)
        log("inventory", 3, minutes=0)

        second = ask("/v1/admin/events", "events:read", limit=3, after=first.json()["page"]["next"])

        assert first["Link"] == f'</v1/admin/events?limit=3&after={first.json()["page"]["next"]}>; rel="next"'
        assert places(second) == [("inventory", 3), ("orders", 2)]
        assert second.json()["page"] == {"has_more": False, "next": None}

    def test_can_be_narrowed_to_a_context_and_a_name(self) -> None:
        assert places(ask("/v1/admin/events", "events:read", context="orders")) == [("orders", 1), ("orders", 2)]
        assert places(ask("/v1/admin/events", "events:read", name="another.event.v1")) == [("orders", 2)]

    def test_show_ids_as_the_rest_of_the_api_does(self) -> None:
        event = ask("/v1/admin/events", "events:read").json()["data"][0]

        assert event["id"].startswith("evt_")
        assert event["payload"] == {
            "order_id": ORDER_TEXT,
            "variant_ids": ["var_00000000000000000000000007"],
            "quantity": 2,
        }

    def test_show_no_hash_of_a_credential(self) -> None:
        log("orders", 3, minutes=5, name="a.key.v1", payload={"key_hash": "5f" * 32, "owner": "service:ops"})

        event = ask("/v1/admin/events", "events:read", name="a.key.v1").json()["data"][0]

        assert event["payload"] == {"owner": "service:ops"}

    @pytest.mark.parametrize(
        "query", [{"after": "x"}, {"limit": 101}, {"limit[gt]": 3}, {"context": "nobody"}, {"unknown": 1}]
    )
    def test_refuse_what_they_do_not_know(self, query: dict[str, Any]) -> None:
        assert ask("/v1/admin/events", "events:read", **query).status_code == 422

    def test_are_for_whoever_has_the_scope(self) -> None:
        assert ask("/v1/admin/events", "orders:read").status_code == 403
        assert Client().get("/v1/admin/events").status_code == 401


class TestTheAudit:
    def test_of_a_shop_at_rest_finds_nothing(self) -> None:
        response = ask("/v1/admin/audit", "audit:read")

        assert (response.status_code, response.json()) == (200, {"data": [], "clean": True})

    def test_names_what_breaks_an_invariant(self) -> None:
        EventHead.objects.using("orders").update(last_seq=7)

        response = ask("/v1/admin/audit", "audit:read")

        (finding,) = response.json()["data"]
        assert (finding["source"], finding["invariant"]) == ("orders", "log_is_gapless")
        assert response.json()["clean"] is False


class TestTheTestClock:
    def advance(self, body: str) -> Any:
        return Client().post("/v1/test/clock/advance", body, content_type="application/json")

    def test_moves_every_context_forward(self) -> None:
        before = {context.name: clock.now(context.name) for context in hosted()}

        response = self.advance('{"seconds": 3600}')

        assert response.status_code == 200
        assert response.json()["clocks"].keys() == before.keys()
        for name, moment in before.items():
            assert clock.now(name) - moment >= timedelta(hours=1)

    @pytest.mark.parametrize("body", ['{"seconds": 0}', '{"seconds": -1}', '{"seconds": 1e9}', "{}", '{"days": 1}'])
    def test_moves_by_a_whole_number_of_seconds_only(self, body: str) -> None:
        assert self.advance(body).status_code == 422

    def test_does_not_move_outside_test_mode(self) -> None:
        assert settings.ASHLAR_TEST_MODE
        with override_settings(ASHLAR_TEST_MODE=False):
            response = self.advance('{"seconds": 3600}')

        assert (response.status_code, response.json()["code"]) == (403, "permission_denied")
