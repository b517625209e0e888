from __future__ import annotations

from collections.abc import Callable

import pytest

from orders.api import OrdersApi
from shared_kernel.errors import InvalidStateTransition
from shared_kernel.facades.binding import bound
from shared_kernel.ids import new_id
from tests.inventory.races import at_once
from tests.scenarios.shop import PlacedOrder, Shop


def by_facade(order: PlacedOrder) -> Callable[[], object]:
    return lambda: bound(OrdersApi).cancel_order(order_id=order.id, reason="other").status


def over_http(order: PlacedOrder) -> Callable[[], object]:
    return lambda: order.post("cancel").json()["status"]


def repeated_until_answered(shop: Shop, body: dict[str, object], key: str) -> Callable[[], bytes]:
    def place() -> bytes:
        while True:
            answer = shop.try_to_place(body, key=key)
            if answer.status_code != 409:
                assert answer.status_code == 201, answer.content
                return bytes(answer.content)
            assert answer.json()["code"] == "request_in_progress"
            assert "Retry-After" in answer.headers

    return place


class TestTheSameKey:
    def test_twenty_times_at_once_places_one_order_and_gives_everybody_the_same_bytes(self, shop: Shop) -> None:
        mug, key = shop.sells("mug", units=20), str(new_id())
        body = shop.order_body(mug)

        answers = at_once([repeated_until_answered(shop, body, key)] * 20)

        assert len(set(answers)) == 1
        assert isinstance(answers[0], bytes)
        assert len(shop.orders()) == 1
        assert shop.available(mug) == 19
        shop.settle()
        assert shop.effects() == [("authorization", 1999), ("capture", 1999)]


class TestTheLastUnit:
    def test_is_sold_to_one_of_many_buyers(self, shop: Shop) -> None:
        mug = shop.sells("mug", units=1)
        body = shop.order_body(mug)

        answers = at_once([lambda: shop.try_to_place(body)] * 12)

        codes = sorted(answer.status_code for answer in answers if not isinstance(answer, Exception))
        assert codes == [201] + [409] * 11
        assert len(shop.orders()) == 1
        shop.settle()


class TestOrderNumbers:
    def test_are_never_given_twice(self, shop: Shop) -> None:
        mug = shop.sells("mug", units=50)
        body = shop.order_body(mug)

        at_once([lambda: shop.try_to_place(body).status_code] * 10)

        numbers = {order.number for order in shop.orders()}
        assert len(numbers) == 10
        assert min(numbers) >= "A-100001"
        shop.settle()


class TestCancelingAtTheSameTime:
    @pytest.mark.parametrize("round_number", range(3))
    def test_gives_money_and_stock_back_once(self, shop: Shop, round_number: int) -> None:
        mug = shop.sells("mug", units=1)
        order = shop.places(mug)
        shop.settle()

        told = at_once([by_facade(order), over_http(order)] * 4)
        shop.settle()

        assert set(told) == {"canceled"}
        assert shop.effects() == [("authorization", 1999), ("capture", 1999), ("refund", 1999)]
        assert (shop.available(mug), order.messages) == (1, ["order_confirmed", "order_canceled"])

    @pytest.mark.parametrize("round_number", range(4))
    def test_as_the_order_is_confirmed_ends_with_all_back(self, shop: Shop, round_number: int) -> None:
        mug = shop.sells("mug", units=1)
        order = shop.places(mug)
        shop.settle(["payments"])

        at_once([over_http(order), shop.settle])
        shop.settle()
        shop.later(minutes=2)

        captured, refunded = order.sums
        assert (order.status, order.saga.state, captured - refunded) == ("canceled", "closed", 0)
        assert shop.available(mug) == 1

    def test_as_the_window_ends_ends_it_one_way(self, shop: Shop) -> None:
        mug = shop.sells("mug", units=1)
        order = shop.places(mug, token="sim_declined")
        shop.settle()
        shop.passes(minutes=31)

        told = at_once([by_facade(order), lambda: shop.settle(["orders"])])
        shop.settle()

        refused = isinstance(told[0], InvalidStateTransition)
        assert order.status == ("expired" if refused else "canceled")
        assert (order.saga.state, shop.available(mug), len(order.messages)) == ("closed", 1, 2)

    def test_as_the_buyer_pays_again_ends_without_a_charge(self, shop: Shop) -> None:
        order = shop.places(shop.sells(), token="sim_declined")
        shop.settle()
        body = {"payment_method": {"type": "card", "token": "sim_ok"}}

        at_once([by_facade(order), lambda: order.post("payments", body)])
        shop.settle(workers=False)
        shop.settle()
        shop.later(minutes=2)

        captured, refunded = order.sums
        assert (order.status, order.saga.state, captured - refunded) == ("canceled", "closed", 0)


class TestPayingAgainAtTheSameTime:
    def test_starts_one_payment(self, shop: Shop) -> None:
        order = shop.places(shop.sells(), token="sim_declined")
        shop.settle()
        body = {"payment_method": {"type": "card", "token": "sim_ok"}}

        answers = at_once([lambda: order.post("payments", body)] * 6)
        shop.settle()

        codes = sorted(answer.status_code for answer in answers if not isinstance(answer, Exception))
        assert codes == [201] + [409] * 5
        assert (order.status, len(order.payments)) == ("confirmed", 2)
