from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connections

from shared_kernel import clock
from tests.databases import TestDatabase
from tests.shared_kernel.events import things

ALIAS = "payments"


@pytest.mark.usefixtures("committed")
class TestTheTestClock:
    def test_moves_for_python_and_for_sql_alike(self) -> None:
        before = clock.now(ALIAS)

        after = clock.advance(ALIAS, 3600)

        [(in_sql,)] = things.rows(ALIAS, "select ashlar_now()")
        assert after - before >= timedelta(hours=1)
        assert in_sql >= after
        assert clock.now(ALIAS) >= in_sql

    def test_moves_in_one_context_only(self) -> None:
        clock.advance(ALIAS, 3600)

        assert clock.now(ALIAS) - clock.now("orders") > timedelta(minutes=59)

    def test_does_not_move_backwards(self) -> None:
        with pytest.raises(ValueError, match="forward only"):
            clock.advance(ALIAS, -1)

    def test_wakes_relays(self) -> None:
        with connections[ALIAS].cursor() as cursor:
            cursor.execute("listen ashlar_payments")

        clock.advance(ALIAS, 1)

        assert len(list(connections[ALIAS].connection.notifies(timeout=5, stop_after=1))) == 1
        connections[ALIAS].close()


class TestTheClockOfProduction:
    def test_does_not_move(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(settings, "ASHLAR_TEST_MODE", False)

        with pytest.raises(clock.TestClockOff):
            clock.advance(ALIAS, 1)

    def test_is_the_server_s_own_and_costs_a_query_nothing(self, committed: None, test_database: TestDatabase) -> None:
        superuser = test_database.superuser()
        with superuser.transaction(force_rollback=True):
            superuser.execute("set local search_path to payments")
            clock.install(superuser, test_mode=False)
            superuser.execute("update clock_offset set shift = interval '1 day'")

            rows = superuser.execute("select ashlar_now() = now()").fetchall()
            plan = superuser.execute(
                "explain verbose select * from event_log where occurred_at < ashlar_now()"
            ).fetchall()

        assert rows == [(True,)]
        # Inlined: the plan knows only now().
        assert "ashlar_now" not in str(plan)
        assert "now()" in str(plan)
