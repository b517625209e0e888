"""Somebody else moves the money of an order while its checkout is at work on it."""

from __future__ import annotations

from payments.api import PaymentMethod, PaymentsApi
from shared_kernel.facades.binding import bound
from shared_kernel.facades.faults import Fault, FaultKind, planned
from shared_kernel.ids import new_id
from shared_kernel.money import Money
from tests.scenarios.shop import PlacedOrder, Shop


def capture(order: PlacedOrder, cents: int) -> None:
    """Staff collect a part by hand."""
    bound(PaymentsApi).capture_payment(
        payment_id=order.payment_id, capture_id=new_id(), amount=Money(amount=cents, currency="EUR")
    )


class TestAPartThatStaffCollect:
    def test_before_the_checkout_asks_for_all_of_it_leaves_it_the_rest(self, shop: Shop) -> None:
        order = shop.places(shop.sells(price=1999))
        shop.settle(["payments"])
        capture(order, 500)
        shop.settle()

        shop.later(minutes=2)

        assert order.status == "confirmed"
        assert order.sums == (1999, 0)
        assert shop.effects() == [("authorization", 1999), ("capture", 500), ("capture", 1499)]

    def test_is_waited_for_while_the_provider_has_not_decided(self, shop: Shop) -> None:
        order = shop.places(shop.sells(price=1999))
        shop.settle(["payments"])
        capture(order, 500)
        shop.later_without_workers(minutes=2)
        shop.later_without_workers(minutes=2)

        shop.later(minutes=5)
        shop.later(minutes=5)

        assert order.status == "confirmed"
        assert order.sums == (1999, 0)
        assert order.stock == "committed"

    def test_goes_back_when_the_provider_refuses_the_rest(self, shop: Shop) -> None:
        order = shop.places(shop.sells(price=1999))
        shop.settle(["payments"])
        capture(order, 500)
        shop.settle()
        shop.provider.script("declined", kind="capture")

        shop.later(minutes=2)
        shop.later(minutes=2)

        assert order.status == "expired"
        assert order.sums == (500, 500)
        assert order.stock == "released"


class TestAPaymentThatIsCreatedLate:
    def test_for_an_order_that_is_canceled_and_closed_is_let_go_of(self, shop: Shop) -> None:
        with planned(PaymentsApi, Fault(kind=FaultKind.UNAVAILABLE, method="create_payment")):
            order = shop.places(shop.sells(price=1999))
        payment_id = order.payment_id
        order.cancel()
        shop.settle()
        closed = order.saga.state

        bound(PaymentsApi).create_payment(
            payment_id=payment_id,
            order_id=order.id,
            amount=Money(amount=1999, currency="EUR"),
            method=PaymentMethod(type="card", token="sim_ok"),
        )
        shop.settle()

        assert closed == "closed"
        assert shop.effects() == [("authorization", 1999), ("void", 1999)]
        assert order.saga.state == "closed"
        assert order.stock == "released"
