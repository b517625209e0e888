"""`manage.py audit` on the databases of the tests, clean and with a planted hole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.databases import TestDatabase

HOLE = "orders_app: may use the schema inventory"


@pytest.fixture
def hole_in_a_wall(committed: None, test_database: TestDatabase) -> Iterator[None]:
    test_database.superuser().execute("GRANT USAGE ON SCHEMA inventory TO orders_app")
    yield
    test_database.superuser().execute("REVOKE USAGE ON SCHEMA inventory FROM orders_app")


class TestTheAudit:
    def test_finds_nothing_in_a_shop_that_never_sold(self, committed: None) -> None:
        out = StringIO()

        call_command("audit", stdout=out)

        assert out.getvalue() == "The audit found nothing.\n"

    def test_names_what_it_finds_once_and_ends_with_status_1(self, hole_in_a_wall: None) -> None:
        out = StringIO()

        with pytest.raises(CommandError, match="Findings: 1") as refusal:
            call_command("audit", stdout=out)

        assert refusal.value.returncode == 1
        assert out.getvalue() == f"catalog: schema_open_to_another_role: {HOLE}\n"

    def test_writes_one_json_object_per_finding_when_asked(self, hole_in_a_wall: None) -> None:
        out = StringIO()

        with pytest.raises(CommandError):
            call_command("audit", "--json", stdout=out)

        assert [json.loads(line) for line in out.getvalue().splitlines()] == [
            {
                "source": "catalog",
                "invariant": "schema_open_to_another_role",
                "subject": "orders_app",
                "detail": "may use the schema inventory",
            }
        ]

    def test_is_silent_about_a_clean_shop_when_its_reader_is_a_program(self, committed: None) -> None:
        out = StringIO()

        call_command("audit", "--json", stdout=out)

        assert out.getvalue() == ""
