from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from django.db import Error, connections

from customers.api import CustomersApi
from inventory.api import InventoryApi
from payments.api import PaymentsApi
from shared_kernel.facades.faults import Fault, FaultKind, planned
from shared_kernel.ids import new_id
from tests.databases import TestDatabase
from tests.orders.crashes import Killed, death_at, die
from tests.scenarios.shop import PlacedOrder, Shop

# Longer than any lease: whoever died is given up.
GIVEN_UP = 91

CONFIRMING = [
    (PaymentsApi, "create_payment"),
    (InventoryApi, "commit_stock"),
    (PaymentsApi, "capture_payment"),
    (CustomersApi, "send_message"),
]
REFUNDING = [(InventoryApi, "release_stock"), (PaymentsApi, "refund_payment")]
VOIDING = [(InventoryApi, "release_stock"), (PaymentsApi, "void_payment")]


@pytest.fixture
def cut(test_database: TestDatabase) -> Callable[[], None]:
    """Cut every connection of orders, as a failing network or server would."""

    def cut() -> None:
        test_database.superuser().execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where usename = 'orders_app' and datname = current_database()"
        )

    return cut


@contextmanager
def survived(shop: Shop) -> Iterator[None]:
    """After the block dies, start anew: fresh connections, and leases that run out."""
    with suppress(Killed, Error):
        yield
    connections.close_all()
    shop.passes(seconds=GIVEN_UP)


def place_again(shop: Shop, body: dict[str, object], key: str) -> PlacedOrder:
    """Repeat the request until it is answered, as clients do."""
    answer = shop.try_to_place(body, key=key)
    assert answer.status_code == 201, answer.content
    return shop.known(answer.json())


def must_be_confirmed_once(shop: Shop, order: PlacedOrder) -> None:
    assert (order.status, order.sums, order.stock) == ("confirmed", (1999, 0), "committed")
    assert shop.effects() == [("authorization", 1999), ("capture", 1999)]
    assert order.messages == ["order_confirmed"]


def must_be_refunded_once(shop: Shop, order: PlacedOrder) -> None:
    assert (order.status, order.sums, order.stock) == ("canceled", (1999, 1999), "released")
    assert shop.effects() == [("authorization", 1999), ("capture", 1999), ("refund", 1999)]
    assert order.messages == ["order_confirmed", "order_canceled"]


def must_be_voided_once(shop: Shop, order: PlacedOrder) -> None:
    assert (order.status, order.sums, order.stock) == ("canceled", (0, 0), "released")
    assert shop.effects() == [("authorization", 1999), ("void", 1999)]


class TestADeathOfTheProcess:
    @pytest.mark.parametrize("moment", ["before", "after"])
    @pytest.mark.parametrize(("protocol", "method"), CONFIRMING)
    def test_on_the_way_to_confirmation_only_delays_it(
        self, shop: Shop, protocol: type, method: str, moment: str
    ) -> None:
        body, key = shop.order_body(shop.sells()), str(new_id())
        with survived(shop), death_at(protocol, method, **{moment: die}):
            shop.try_to_place(body, key=key)
            shop.settle()

        order = place_again(shop, body, key)
        shop.settle()

        must_be_confirmed_once(shop, order)

    @pytest.mark.parametrize("moment", ["before", "after"])
    def test_while_stock_is_being_held_leaves_the_same_order_to_be_placed(self, shop: Shop, moment: str) -> None:
        mug, key = shop.sells("mug", units=1), str(new_id())
        body = shop.order_body(mug)
        with survived(shop), death_at(InventoryApi, "reserve_stock", **{moment: die}):
            shop.try_to_place(body, key=key)

        order = place_again(shop, body, key)
        shop.settle()

        must_be_confirmed_once(shop, order)
        assert len(shop.orders()) == 1

    @pytest.mark.parametrize("moment", ["before", "after"])
    @pytest.mark.parametrize(("protocol", "method"), REFUNDING)
    def test_on_the_way_back_only_delays_the_refund(self, shop: Shop, protocol: type, method: str, moment: str) -> None:
        order = shop.places(shop.sells())
        shop.settle()
        order.cancel()

        with survived(shop), death_at(protocol, method, **{moment: die}):
            shop.settle()
        shop.settle()

        must_be_refunded_once(shop, order)

    @pytest.mark.parametrize("moment", ["before", "after"])
    @pytest.mark.parametrize(("protocol", "method"), VOIDING)
    def test_on_the_way_back_only_delays_the_void(self, shop: Shop, protocol: type, method: str, moment: str) -> None:
        order = shop.places(shop.sells())
        shop.settle(["payments"])
        order.cancel()

        with survived(shop), death_at(protocol, method, **{moment: die}):
            shop.settle(["orders"])
        shop.settle()

        must_be_voided_once(shop, order)


class TestARunGivenUpForDead:
    def test_leaves_the_order_to_the_run_that_took_over(self, shop: Shop) -> None:
        body, key = shop.order_body(shop.sells()), str(new_id())
        answers = []

        def take_over() -> None:
            shop.passes(seconds=31)
            answers.append(shop.try_to_place(body, key=key))

        with death_at(InventoryApi, "reserve_stock", after=take_over):
            slow = shop.try_to_place(body, key=key)

        assert (slow.status_code, slow.json()["code"]) == (409, "request_in_progress")
        assert (answers[0].status_code, len(shop.orders())) == (201, 1)
        assert shop.try_to_place(body, key=key).content == answers[0].content
        shop.settle()
        must_be_confirmed_once(shop, shop.known(answers[0].json()))


class TestALostConnection:
    @pytest.mark.parametrize(("protocol", "method"), CONFIRMING[1:])
    def test_before_the_outcome_is_written_only_delays_confirmation(
        self, shop: Shop, cut: Callable[[], None], protocol: type, method: str
    ) -> None:
        order = shop.places(shop.sells())
        with survived(shop), death_at(protocol, method, after=cut):
            shop.settle()

        shop.settle()

        must_be_confirmed_once(shop, order)

    @pytest.mark.parametrize("method", ["reserve_stock", "create_payment"])
    def test_while_placing_leaves_the_same_order_to_be_placed(
        self, shop: Shop, cut: Callable[[], None], method: str
    ) -> None:
        body, key = shop.order_body(shop.sells()), str(new_id())
        protocol = InventoryApi if method == "reserve_stock" else PaymentsApi
        with survived(shop), death_at(protocol, method, after=cut):
            shop.try_to_place(body, key=key)

        order = place_again(shop, body, key)
        shop.settle()

        must_be_confirmed_once(shop, order)
        assert len(shop.orders()) == 1

    @pytest.mark.parametrize(("protocol", "method"), REFUNDING)
    def test_on_the_way_back_only_delays_the_refund(
        self, shop: Shop, cut: Callable[[], None], protocol: type, method: str
    ) -> None:
        order = shop.places(shop.sells())
        shop.settle()
        order.cancel()

        with survived(shop), death_at(protocol, method, after=cut):
            shop.settle()
        shop.settle()

        must_be_refunded_once(shop, order)


class TestAnUnkindNetwork:
    @pytest.mark.parametrize("kind", [FaultKind.UNAVAILABLE, FaultKind.LOST_ANSWER, FaultKind.DUPLICATE])
    @pytest.mark.parametrize(("protocol", "method"), CONFIRMING)
    def test_on_the_way_to_confirmation_only_delays_it(
        self, shop: Shop, protocol: type, method: str, kind: FaultKind
    ) -> None:
        with planned(protocol, Fault(kind=kind, method=method)):
            order = shop.places(shop.sells())
            shop.settle()
            shop.later(seconds=10)

        must_be_confirmed_once(shop, order)

    @pytest.mark.parametrize("kind", [FaultKind.UNAVAILABLE, FaultKind.LOST_ANSWER, FaultKind.DUPLICATE])
    @pytest.mark.parametrize(("protocol", "method"), REFUNDING)
    def test_on_the_way_back_only_delays_the_refund(
        self, shop: Shop, protocol: type, method: str, kind: FaultKind
    ) -> None:
        order = shop.places(shop.sells())
        shop.settle()
        order.cancel()

        with planned(protocol, Fault(kind=kind, method=method)):
            shop.settle()
            shop.later(seconds=10)

        must_be_refunded_once(shop, order)
