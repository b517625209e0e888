from __future__ import annotations

from uuid import UUID

import pytest
from django.db import connections

from orders.api import OrderNotFound, OrdersApi, OrderStatus, UnknownCancelReason
from shared_kernel.api import AuditFact
from shared_kernel.errors import InvalidStateTransition
from shared_kernel.facades.binding import bound, context_apis
from shared_kernel.ids import encode_id, new_id
from shared_kernel.money import Money
from tests.databases import TestDatabase
from tests.scenarios.shop import PlacedOrder, Shop


def facts() -> dict[UUID, dict[str, str]]:
    """What orders states of each order, by topic."""
    stated: dict[UUID, dict[str, str]] = {}
    page = context_apis()["orders"].audit_facts(after=None, limit=100)
    for fact in page.facts:
        stated.setdefault(fact.order_id, {})[fact.topic] = fact.value
    return stated


def findings() -> list[str]:
    return [finding.invariant for finding in context_apis()["orders"].audit_findings(limit=20)]


def tamper(database: TestDatabase, statement: str, order: PlacedOrder) -> None:
    """Change rows behind the back of the application."""
    with database.superuser().transaction():
        database.superuser().execute("set local search_path to orders")
        database.superuser().execute(statement, [order.id])


class TestTheFacade:
    def test_tells_of_an_order_without_personal_data(self, shop: Shop) -> None:
        order = shop.places(shop.sells(), quantity=2)

        summary = bound(OrdersApi).get_order(order_id=order.id)

        assert (summary.number, summary.status) == (order.answer["number"], OrderStatus.PENDING_PAYMENT)
        assert summary.total == Money(amount=3998, currency="EUR")
        shop.settle()

    def test_does_not_know_what_was_never_placed(self, shop: Shop) -> None:
        with pytest.raises(OrderNotFound):
            bound(OrdersApi).get_order(order_id=new_id())
        with pytest.raises(OrderNotFound):
            bound(OrdersApi).cancel_order(order_id=new_id(), reason="other")

    def test_cancels_once_and_answers_a_repeat_alike(self, shop: Shop) -> None:
        order = shop.places(shop.sells())

        first = bound(OrdersApi).cancel_order(order_id=order.id, reason="fraud_suspected")
        again = bound(OrdersApi).cancel_order(order_id=order.id, reason="other")

        assert first == again
        assert (first.status, order.read()["cancel_reason"]) == (OrderStatus.CANCELED, "fraud_suspected")
        shop.settle()

    def test_takes_reasons_from_the_list_only(self, shop: Shop) -> None:
        order = shop.places(shop.sells())

        with pytest.raises(UnknownCancelReason) as refusal:
            bound(OrdersApi).cancel_order(order_id=order.id, reason="Bob wanted it")

        assert "other" in refusal.value.allowed_reasons
        shop.settle()

    def test_does_not_cancel_an_expired_order(self, shop: Shop) -> None:
        order = shop.places(shop.sells(), token="sim_declined")
        shop.settle()
        shop.later(minutes=31)

        with pytest.raises(InvalidStateTransition):
            bound(OrdersApi).cancel_order(order_id=order.id, reason="other")


class TestTheFactsForTheAudit:
    def test_leave_out_what_is_in_flight_but_not_the_order(self, shop: Shop) -> None:
        order = shop.places(shop.sells())
        shop.settle(["payments"])

        shop.settle(workers=False)

        assert facts()[order.id] == {"status": "pending_payment", "stock": "committed"}
        shop.settle()

    def test_state_what_a_confirmed_and_a_canceled_order_imply(self, shop: Shop) -> None:
        confirmed, canceled = shop.places(shop.sells("a")), shop.places(shop.sells("b"))
        shop.settle()
        canceled.cancel()
        shop.settle()

        stated = facts()

        assert stated[confirmed.id] == {
            "status": "confirmed",
            "stock": "committed",
            "captured": "1999 EUR",
            "refunded": "0 EUR",
        }
        assert stated[canceled.id] == {
            "status": "canceled",
            "stock": "released",
            "captured": "1999 EUR",
            "refunded": "1999 EUR",
        }

    def test_come_page_by_page_in_order(self, shop: Shop) -> None:
        placed = [shop.places(shop.sells(f"mug-{number}")) for number in range(3)]
        operations = context_apis()["orders"]

        pages: list[list[AuditFact]] = []
        after = None
        while True:
            page = operations.audit_facts(after=after, limit=2)
            pages.append(page.facts)
            after = page.next_after
            if after is None:
                break

        ids = [fact.order_id for facts_of_page in pages for fact in facts_of_page if fact.topic == "status"]
        assert ids == sorted(order.id for order in placed)
        shop.settle()


class TestTheFindingsOfTheAudit:
    @pytest.mark.parametrize(
        ("statement", "finding"),
        [
            (
                "update orders_order set total = total + 1, captured = captured + 1 where id = %s",
                "order_total_is_the_sum_of_its_lines",
            ),
            ("update orders_order set captured = 0 where id = %s", "confirmed_order_is_paid"),
            (
                "update orders_checkoutsaga set state = 'closed' where order_id = %s",
                "order_agrees_with_its_checkout",
            ),
            (
                (
                    "update orders_checkoutsaga set is_over = false, state = 'confirmed', attempts = 20,"
                    " due_at = now() where order_id = %s"
                ),
                "checkout_has_an_owner",
            ),
            (
                "update orders_ordermessage set due_at = now() - interval '1 hour' where order_id = %s",
                "buyer_is_told",
            ),
            (
                (
                    "update orders_checkoutsaga set is_over = true, state = 'closed' where order_id = %s;"
                    " update orders_order set status = 'canceled', canceled_at = now(), cancel_reason = 'other'"
                ),
                "dead_order_keeps_no_money",
            ),
        ],
    )
    def test_name_each_broken_invariant(
        self, shop: Shop, test_database: TestDatabase, statement: str, finding: str
    ) -> None:
        order = shop.places(shop.sells())
        shop.settle()
        assert findings() == []

        first, _, second = statement.partition(";")
        tamper(test_database, first, order)
        if second:
            tamper(test_database, f"{second} where id = %s", order)

        assert findings() == [finding]
        shop.out_of_step()

    def test_speak_of_an_order_by_its_id(self, shop: Shop, test_database: TestDatabase) -> None:
        order = shop.places(shop.sells())
        shop.settle()

        tamper(test_database, "update orders_order set captured = 5 where id = %s", order)

        found = context_apis()["orders"].audit_findings(limit=5)
        assert (found[0].subject, found[0].detail) == (
            encode_id("ord", order.id),
            "is confirmed with 5 of 1999 captured",
        )
        shop.out_of_step()


class TestTheEventLog:
    def test_tells_the_life_of_an_order_without_personal_data(self, shop: Shop) -> None:
        order = shop.places(shop.sells(), token="sim_declined")
        shop.settle()
        order.pay("sim_ok")
        shop.settle()
        order.cancel()
        shop.settle()

        page = context_apis()["orders"].list_events(after=0, limit=50, names=[])

        assert [event.name.split(".")[1] for event in page.events] == [
            "order_placed",
            "order_payment_changed",
            "order_payment_requested",
            "order_payment_changed",
            "order_confirmed",
            "order_canceled",
            "order_payment_changed",
        ]
        assert [event.sequence for event in page.events] == list(range(1, 8))
        assert not any("ada@example.test" in event.payload or "Ada" in event.payload for event in page.events)

    def test_belongs_to_the_application_role_only_for_writing_and_reading(self, shop: Shop) -> None:
        with connections["orders"].cursor() as cursor:
            cursor.execute(
                "select has_table_privilege('orders_checkoutlogentry', 'UPDATE'),"
                " has_table_privilege('orders_checkoutlogentry', 'DELETE')"
            )
            assert cursor.fetchone() == (False, False)
