from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from shared_kernel.facades.binding import context_apis

pytestmark = pytest.mark.usefixtures("committed")


class TestTheAudit:
    @pytest.mark.parametrize("context", ["orders", "inventory", "payments", "customers"])
    def test_may_read_whole_tables_for_longer_than_a_request(self, context: str) -> None:
        limits: set[int] = set()

        def look_at_the_limit(execute: Callable[..., Any], sql: str, params: Any, many: bool, state: Any) -> Any:
            result = execute(sql, params, many, state)
            if sql.lstrip().lower().startswith(("select", "with")):
                with connections[context].connection.cursor() as cursor:
                    cursor.execute("select setting::int from pg_settings where name = 'statement_timeout'")
                    limits.add(cursor.fetchone()[0])
            return result

        with connections[context].execute_wrapper(look_at_the_limit):
            context_apis()[context].audit_findings(limit=1)

        assert limits == {30_000}
