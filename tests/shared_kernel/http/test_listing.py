from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from django.test import Client

from shared_kernel.ids import encode_id
from shared_kernel.models import ParkedEvent

pytestmark = pytest.mark.django_db(databases="__all__")
START = datetime(2030, 1, 1, tzinfo=UTC)
ORDER = UUID(int=5)


def park(seq: int, *, minutes: int = 0, name: str = "a", aggregate: UUID = ORDER) -> None:
    ParkedEvent.objects.using("orders").create(
        subscription="orders.some",
        seq=seq,
        name=name,
        aggregate=aggregate,
        parked_at=START + timedelta(minutes=minutes),
    )


def ask(**parameters: Any) -> Any:
    return Client().get("/v1/parked", parameters)


def seqs(response: Any) -> list[int]:
    assert response.status_code == 200, response.content
    return [row["seq"] for row in response.json()["data"]]


def refused(response: Any) -> tuple[str, str]:
    assert response.status_code == 422, response.content
    (error,) = response.json()["errors"]
    return error["parameter"], error["code"]


def walk(**parameters: Any) -> list[int]:
    """Every row, page by page, following `Link` as a client would."""
    found: list[int] = []
    response = ask(**parameters)
    for _ in range(50):
        found += seqs(response)
        link = response.headers.get("Link")
        assert (link is not None) == response.json()["page"]["has_more"]
        if link is None:
            return found
        response = Client().get(link.partition(">")[0].removeprefix("<"))
    raise AssertionError("the list does not end")


class TestAPage:
    def test_goes_on_where_the_last_one_ended_though_rows_share_the_sort_value(self) -> None:
        for seq in range(10):
            park(seq, minutes=seq // 4)

        assert walk(limit=3) == [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]
        assert walk(limit=3, sort="parked_at") == list(range(10))
        assert walk(limit=1, sort="-seq") == list(reversed(range(10)))

    def test_neither_repeats_nor_skips_when_rows_come_meanwhile(self) -> None:
        for seq in range(4):
            park(seq, minutes=seq)
        first = ask(limit=2)

        park(100, minutes=99)
        second = ask(limit=2, after=first.json()["page"]["next"])

        assert (seqs(first), seqs(second)) == ([3, 2], [1, 0])

    def test_has_25_rows_unless_asked(self) -> None:
        for seq in range(30):
            park(seq)

        assert len(seqs(ask())) == 25

    @pytest.mark.parametrize("limit", ["0", "101", "-1", "x", "1.5", "", "1e2", "٣"])
    def test_has_a_bounded_size(self, limit: str) -> None:
        assert refused(ask(limit=limit)) == ("limit", "invalid")


class TestACursor:
    @pytest.fixture
    def cursor(self) -> str:
        for seq in range(3):
            park(seq, minutes=seq, name="a")
        return str(ask(limit=1, name="a").json()["page"]["next"])

    def test_works_with_its_own_filters_and_any_limit(self, cursor: str) -> None:
        assert seqs(ask(limit=2, name="a", after=cursor)) == [1, 0]

    @pytest.mark.parametrize("changed", [{"name": "b"}, {}, {"name": "a", "sort": "seq"}, {"name": "a", "seq": "1"}])
    def test_is_bound_to_its_filters_and_order(self, cursor: str, changed: dict[str, str]) -> None:
        assert refused(ask(after=cursor, **changed)) == ("after", "invalid_cursor")

    def test_cannot_be_forged(self, cursor: str) -> None:
        forged = [cursor[:-2] + "AA", "A" + cursor[1:], "", "!", "a" * 2000, cursor + "=" * 3, "é"]

        assert {refused(ask(name="a", after=text)) for text in forged} == {("after", "invalid_cursor")}


class TestAFilter:
    def test_takes_one_word_or_several(self) -> None:
        park(1, name="a")
        park(2, name="b")
        park(3, name="c")

        assert seqs(ask(name="b")) == [2]
        assert sorted(seqs(ask(name="a,c"))) == [1, 3]

    def test_takes_ranges(self) -> None:
        for seq in range(5):
            park(seq, minutes=seq)
        since = (START + timedelta(minutes=2)).isoformat()

        assert seqs(ask(**{"parked_at[gte]": since})) == [4, 3, 2]
        assert seqs(ask(**{"parked_at[gt]": since, "seq[lt]": "4"})) == [3]

    def test_takes_ids_of_its_kind(self) -> None:
        park(1)
        park(2, aggregate=UUID(int=6))

        assert seqs(ask(aggregate=encode_id("ord", ORDER))) == [1]

    @pytest.mark.parametrize(
        ("parameter", "text", "code"),
        [
            ("name", "d", "invalid_choice"),
            ("name", "", "invalid_choice"),
            ("name", ",".join("a" * 51), "max_length"),
            ("name[gte]", "a", "unknown_parameter"),
            ("parked_at", "yesterday", "invalid"),
            ("parked_at[year]", "2030", "unknown_parameter"),
            ("parked_at[gte", "2030", "unknown_parameter"),
            ("seq", "one", "invalid"),
            ("seq", "101", "max_value"),
            ("seq", "9" * 30, "invalid"),
            ("subscription", "a\0b", "invalid_text"),
            ("subscription", "", "blank"),
            ("subscription", "a" * 21, "max_length"),
            ("aggregate", "cus_00000000000000000000000007", "invalid_id"),
            ("parked_at__gte", "2030", "unknown_parameter"),
            ("aggregate__isnull", "1", "unknown_parameter"),
            ("status", "a", "unknown_parameter"),
            ("sort", "name", "invalid_choice"),
            ("sort", "seq; drop table", "invalid_choice"),
            ("expand", "event.order.lines", "invalid_choice"),
            ("expand", "", "invalid_choice"),
            ("expand", "event,event", "repeated"),
        ],
    )
    def test_refuses_everything_else(self, parameter: str, text: str, code: str) -> None:
        assert refused(ask(**{parameter: text})) == (parameter, code)

    def test_is_given_once(self) -> None:
        assert refused(Client().get("/v1/parked?name=a&name=b")) == ("name", "repeated")

    def test_takes_a_plus_that_became_a_blank(self) -> None:
        park(1)

        response = Client().get(f"/v1/parked?parked_at={quote(START.isoformat(), safe='+:')}")

        assert seqs(response) == [1]


class TestExpanding:
    def test_hands_the_declared_paths_to_the_view(self) -> None:
        park(1)

        row = ask(expand="event,event.order").json()["data"][0]

        assert row["expands"] == ["event", "event.order"]
