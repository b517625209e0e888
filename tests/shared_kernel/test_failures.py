from __future__ import annotations

import pytest
from django.db import DatabaseError, connections, transaction

from shared_kernel import failures
from shared_kernel.errors import Unavailable
from shared_kernel.events.outbox import ConcurrentUpdate
from tests.shared_kernel.events import things

ALIAS = "orders"
pytestmark = pytest.mark.usefixtures("committed")


def raised(statement: str) -> DatabaseError:
    with pytest.raises(DatabaseError) as caught, transaction.atomic(using=ALIAS):
        things.execute(ALIAS, statement)
    return caught.value


def raised_with(code: str) -> DatabaseError:
    return raised(f"do $$ begin raise exception 'ann@example.test' using errcode = '{code}'; end $$")


class TestAFailure:
    @pytest.mark.parametrize("code", ["40001", "40P01"])
    def test_of_a_transaction_that_lost_to_another_is_tried_again(self, code: str) -> None:
        assert failures.is_victim(raised_with(code))

    @pytest.mark.parametrize("code", ["08006", "53300", "57P01", "57P03", "25006"])
    def test_of_the_server_is_nobody_s_fault(self, code: str) -> None:
        assert failures.is_outage(raised_with(code))

    @pytest.mark.parametrize("code", ["23505", "22P02", "57014", "55P03", "P0001"])
    def test_of_a_statement_is_that_of_the_work(self, code: str) -> None:
        error = raised_with(code)

        assert not failures.is_outage(error)
        assert not failures.is_victim(error)

    def test_by_a_lost_connection_is_nobody_s_fault(self) -> None:
        lost = raised("select pg_terminate_backend(pg_backend_pid())")
        connections[ALIAS].close()

        assert failures.is_outage(lost)

    def test_of_other_kinds_is_that_of_the_work(self) -> None:
        assert not failures.is_outage(ValueError())
        assert not failures.is_outage(Unavailable())


class TestTheNameOfAFailure:
    def test_says_what_and_where_but_quotes_nothing(self) -> None:
        name = failures.describe(raised_with("23505"))

        assert name.startswith("IntegrityError 23505 at tests/shared_kernel/")
        assert "ann" not in name

    def test_has_the_code_of_a_domain_error(self) -> None:
        assert failures.describe(ConcurrentUpdate()) == "ConcurrentUpdate concurrent_update"
