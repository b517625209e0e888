"""Reading a context's facts page by page."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from uuid import UUID

import pytest

from config.audit.run import FactsOutOfOrder, facts_of
from shared_kernel.api import AuditFact, AuditFactPage, AuditFinding, ContextApi, EventPage

PAGE = 2


class Shelf(ContextApi):
    """A context that states one fact of each of these orders, two to a page."""

    def __init__(self, *orders: int) -> None:
        self.orders = orders

    def audit_findings(self, *, limit: int) -> list[AuditFinding]:
        return []

    def audit_facts(self, *, after: UUID | None, limit: int) -> AuditFactPage:
        start = self.orders.index(after.int) + 1 if after else 0
        taken = self.orders[start : start + PAGE]
        facts = [
            AuditFact(order_id=UUID(int=number), topic="stock", value="held", changed_at=datetime.now(UTC))
            for number in taken
        ]
        return AuditFactPage(facts=facts, next_after=UUID(int=taken[-1]) if len(taken) == PAGE else None)

    def list_events(self, *, after: int, limit: int, names: list[str]) -> EventPage:
        return EventPage(events=[], last_seq=0)

    def advance_clock(self, *, seconds: int) -> datetime:
        return datetime.now(UTC)


class TestFacts:
    @pytest.mark.parametrize("orders", [[], [1], [1, 2], [1, 2, 3, 4, 5]])
    def test_arrive_whole_and_in_order_over_any_number_of_pages(self, orders: list[int]) -> None:
        facts = list(facts_of(Shelf(*orders)))

        assert [fact.order_id.int for fact in facts] == orders
        assert all(one.order_id < other.order_id for one, other in pairwise(facts))

    def test_that_run_backwards_are_refused(self) -> None:
        with pytest.raises(FactsOutOfOrder):
            list(facts_of(Shelf(1, 3, 2)))
