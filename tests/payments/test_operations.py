"""The audit finds what is wrong with money and nothing else."""

from __future__ import annotations

import pytest

from payments.models import PaymentTransaction
from shared_kernel import clock
from shared_kernel.facades.binding import context_apis
from shared_kernel.ids import encode_id, new_id
from tests.databases import TestDatabase
from tests.payments.driving import authorized, capture, captured, created, operations, refund, settle

pytestmark = pytest.mark.usefixtures("simulator")

LOOSE = "set session_replication_role = replica"
TIGHT = "set session_replication_role = origin"


class TestTheAudit:
    def test_is_silent_about_healthy_payments(self) -> None:
        refund(captured(), 40)
        capture(authorized(), 60)
        created("sim_declined")
        settle()

        assert operations.audit_findings(limit=10) == []

    @pytest.mark.parametrize(
        ("damage", "invariants"),
        [
            ("update payments.payments_payment set captured = 99", {"sums_agree"}),
            ("update payments.payments_payment set capturing = 0, refunding = 0, refunded = 1", {"sums_agree"}),
            ("update payments.payments_refund set amount = 29", {"sums_agree"}),
            ("update payments.payments_paymenttransaction set amount = 99 where kind = 'capture'", {"sums_agree"}),
            (
                "delete from payments.payments_journalline where side = 'debit'",
                {"journals_balance", "trial_balance_zero", "sums_agree"},
            ),
            ("delete from payments.payments_journalline; delete from payments.payments_journalentry", {"sums_agree"}),
            (
                "update payments.payments_journalline set amount = 1 where side = 'debit'",
                {"journals_balance", "trial_balance_zero", "sums_agree"},
            ),
            ("delete from payments.event_log where seq = 2", {"log_is_gapless", "aggregate_is_gapless"}),
        ],
    )
    def test_finds_planted_damage(self, test_database: TestDatabase, damage: str, invariants: set[str]) -> None:
        refund(captured(), 30)
        settle()
        connection = test_database.superuser()
        connection.execute(LOOSE)
        connection.execute(damage)
        connection.execute(TIGHT)

        found = {finding.invariant for finding in operations.audit_findings(limit=50)}

        assert found == invariants

    def test_names_broken_caps(self, test_database: TestDatabase) -> None:
        payment = captured()
        connection = test_database.superuser()
        connection.execute(
            "alter table payments.payments_payment drop constraint payment_refunds_only_what_was_captured"
        )
        try:
            connection.execute("update payments.payments_payment set refunded = 101")

            findings = operations.audit_findings(limit=50)
        finally:
            connection.execute("delete from payments.outbox_pending")
            connection.execute("update payments.payments_payment set refunded = 0")
            connection.execute(
                "alter table payments.payments_payment add constraint payment_refunds_only_what_was_captured"
                " check (captured >= refunded + refunding)"
            )

        caps = [finding for finding in findings if finding.invariant == "caps_hold"]
        assert [finding.subject for finding in caps] == [encode_id("pay", payment.payment_id)]
        assert "refunded=101" in caps[0].detail

    def test_names_outcomes_that_nobody_seeks(self) -> None:
        created()
        PaymentTransaction.objects.update(due_at=None)

        early = operations.audit_findings(limit=10)
        clock.advance("payments", 15 * 60 + 1)
        late = [finding.invariant for finding in operations.audit_findings(limit=10)]

        assert [finding.invariant for finding in early] == []
        assert "outcomes_are_sought" in late

    def test_leaves_outcomes_alone_that_are_sought(self) -> None:
        created("sim_error")
        settle()
        clock.advance("payments", 3600)

        assert operations.audit_findings(limit=10) == []

    def test_says_no_more_than_asked(self, test_database: TestDatabase) -> None:
        for _ in range(3):
            captured()
        connection = test_database.superuser()
        connection.execute("update payments.payments_payment set captured = 99")

        assert len(operations.audit_findings(limit=2)) == 2


class TestTheFacts:
    def test_state_captured_and_refunded_of_every_order_from_the_ledger(self) -> None:
        full, part, none = captured(), captured(), created()
        refund(part, 30)
        settle()

        page = operations.audit_facts(after=None, limit=10)

        facts = {(fact.order_id, fact.topic): fact.value for fact in page.facts}
        assert facts == {
            (full.order_id, "captured"): "100 EUR",
            (full.order_id, "refunded"): "0 EUR",
            (part.order_id, "captured"): "100 EUR",
            (part.order_id, "refunded"): "30 EUR",
            (none.order_id, "captured"): "0 EUR",
            (none.order_id, "refunded"): "0 EUR",
        }
        assert page.next_after is None

    def test_come_page_by_page_in_order_of_order(self) -> None:
        orders = sorted(created().order_id for _ in range(3))

        first = operations.audit_facts(after=None, limit=2)
        second = operations.audit_facts(after=first.next_after, limit=2)

        assert [fact.order_id for fact in (*first.facts, *second.facts)] == [
            order for order in orders for _ in ("captured", "refunded")
        ]
        assert (first.next_after, second.next_after) == (orders[1], None)

    def test_count_all_payments_of_an_order_together(self) -> None:
        order_id = new_id()
        created("sim_declined", order_id=order_id)
        settle()
        captured(order_id=order_id)

        values = [fact.value for fact in operations.audit_facts(after=None, limit=10).facts]

        assert values == ["100 EUR", "0 EUR"]

    def test_travel_through_the_bound_facade(self) -> None:
        captured()

        assert len(context_apis()["payments"].audit_facts(after=None, limit=10).facts) == 2
