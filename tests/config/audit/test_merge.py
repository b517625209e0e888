"""The facts of several contexts, merged order by order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from config.audit.merge import disagreements
from shared_kernel.api import AuditFact, AuditFinding

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
QUIET = NOW - timedelta(hours=1)
FIRST, SECOND, THIRD = (UUID(int=number) for number in (1, 2, 3))
CALLERS = {"payments": ["orders"], "inventory": ["orders"]}


def fact(order_id: UUID, topic: str, value: str, *, changed_at: datetime = QUIET) -> AuditFact:
    return AuditFact(order_id=order_id, topic=topic, value=value, changed_at=changed_at)


def merged(**streams: list[AuditFact]) -> list[AuditFinding]:
    return list(disagreements(streams, callers=CALLERS, quiet_since=NOW - timedelta(seconds=60)))


class TestMergedFacts:
    def test_agree_in_silence_when_nobody_has_any(self) -> None:
        assert merged(orders=[], payments=[]) == []

    def test_agree_when_every_context_states_the_same(self) -> None:
        found = merged(
            orders=[fact(FIRST, "status", "confirmed"), fact(FIRST, "captured", "1999 EUR")],
            payments=[fact(FIRST, "captured", "1999 EUR")],
            customers=[],
        )

        assert found == []

    def test_name_the_order_the_topic_and_both_values_when_two_contexts_disagree(self) -> None:
        found = merged(
            orders=[fact(FIRST, "captured", "1999 EUR"), fact(SECOND, "captured", "500 EUR")],
            payments=[fact(FIRST, "captured", "1999 EUR"), fact(SECOND, "captured", "0 EUR")],
        )

        assert found == [
            AuditFinding(
                invariant="contexts_agree_on_captured",
                subject=f"order {SECOND}",
                detail="orders says 500 EUR, payments says 0 EUR",
            )
        ]

    def test_leave_out_an_order_that_moved_a_moment_ago_in_one_context(self) -> None:
        found = merged(
            orders=[fact(FIRST, "captured", "0 EUR")],
            payments=[fact(FIRST, "captured", "1999 EUR", changed_at=NOW - timedelta(seconds=5))],
        )

        assert found == []

    def test_report_what_is_held_for_an_order_that_its_commander_does_not_know(self) -> None:
        found = merged(
            orders=[fact(FIRST, "status", "confirmed"), fact(FIRST, "captured", "5 EUR")],
            payments=[fact(FIRST, "captured", "5 EUR"), fact(SECOND, "captured", "7 EUR")],
            inventory=[fact(SECOND, "stock", "committed")],
        )

        assert [(finding.invariant, finding.subject) for finding in found] == [("order_unknown", f"order {SECOND}")] * 2
        assert "payments states captured 7 EUR, orders does not know the order" in [finding.detail for finding in found]

    def test_report_what_an_order_claims_to_hold_where_nobody_holds_it(self) -> None:
        found = merged(
            orders=[fact(FIRST, "stock", "committed"), fact(SECOND, "stock", "committed")],
            inventory=[fact(FIRST, "stock", "committed")],
        )

        assert [finding.detail for finding in found] == [
            "orders states stock committed, inventory does not know the order"
        ]

    @pytest.mark.parametrize("value", ["none", "released", "held", "0 EUR"])
    def test_accept_silence_about_an_order_for_which_nothing_is_kept(self, value: str) -> None:
        found = merged(
            orders=[fact(FIRST, "status", "confirmed")],
            inventory=[fact(SECOND, "stock", value)],
            payments=[fact(FIRST, "captured", "0 EUR")],
        )

        assert found == []

    def test_accept_a_topic_that_only_its_own_context_ever_states(self) -> None:
        found = merged(
            orders=[fact(FIRST, "status", "pending_payment"), fact(SECOND, "status", "pending_payment")],
            inventory=[fact(FIRST, "stock", "held")],
        )

        assert found == []

    def test_accept_an_order_in_flight_whose_commander_leaves_the_topic_out(self) -> None:
        found = merged(
            orders=[fact(FIRST, "status", "confirmed"), fact(SECOND, "captured", "5 EUR"), fact(THIRD, "status", "x")],
            payments=[fact(order, "captured", "5 EUR") for order in (FIRST, SECOND, THIRD)],
        )

        assert found == []
