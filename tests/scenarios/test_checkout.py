"""The life of an order, told as stories."""

from __future__ import annotations

from django.db import transaction

from customers.api import CustomersApi
from inventory.api import InventoryApi
from orders.usecases import cancellation
from payments.api import PaymentMethod, PaymentsApi, PaymentStatus
from shared_kernel import clock
from shared_kernel.facades.binding import bound
from shared_kernel.facades.faults import Fault, FaultKind, planned
from shared_kernel.ids import new_id
from shared_kernel.money import MAX_AMOUNT, Money
from tests.scenarios.shop import Shop


class TestAnOrder:
    def test_is_placed_paid_confirmed_and_canceled_with_money_and_stock_back(self, shop: Shop) -> None:
        mug = shop.sells("mug", units=5)

        order = shop.places(mug, quantity=2)
        assert (order.answer["status"], order.answer["payment"]["status"]) == ("pending_payment", "processing")
        assert shop.available(mug) == 3

        shop.settle()
        assert (order.status, order.payment_status, order.sums) == ("confirmed", "captured", (3998, 0))
        assert order.stock == "committed"

        order.cancel()
        assert order.status == "canceled"

        shop.settle()
        assert (order.payment_status, order.sums) == ("refunded", (3998, 3998))
        assert (order.stock, shop.available(mug)) == ("released", 5)
        assert shop.effects() == [("authorization", 3998), ("capture", 3998), ("refund", 3998)]
        assert order.messages == ["order_confirmed", "order_canceled"]

    def test_that_costs_nothing_is_confirmed_without_a_payment(self, shop: Shop) -> None:
        sticker = shop.sells("sticker", price=0)

        order = shop.places(sticker)
        shop.settle()
        assert (order.status, order.payment_status, order.stock) == ("confirmed", "not_required", "committed")

        order.cancel()
        shop.settle()
        assert (order.status, order.stock, order.payments) == ("canceled", "released", [])

    def test_is_confirmed_although_nobody_can_be_told_and_the_buyer_is_told_later(self, shop: Shop) -> None:
        with planned(CustomersApi, *[Fault(kind=FaultKind.UNAVAILABLE)] * 3):
            order = shop.places(shop.sells())
            shop.settle()
            assert (order.status, order.messages) == ("confirmed", [])

            shop.later(seconds=10)
            shop.later(seconds=10)
            shop.later(seconds=10)

        assert order.messages == ["order_confirmed"]


class TestADeclinedPayment:
    def test_leaves_the_order_payable_with_its_stock_held_and_another_card_confirms_it(self, shop: Shop) -> None:
        mug = shop.sells("mug", units=1)

        order = shop.places(mug, token="sim_declined")
        shop.settle()
        seen = order.read()
        assert (seen["status"], seen["payment"]["status"]) == ("pending_payment", "requires_payment_method")
        assert (seen["payment"]["last_error"], seen["allowed_actions"]) == ("card_declined", ["cancel", "pay"])
        assert (order.stock, order.messages) == ("held", ["payment_failed"])

        order.pay("sim_ok")
        assert order.payment_status == "processing"

        shop.settle()
        assert (order.status, order.sums) == ("confirmed", (1999, 0))
        assert [payment.status for payment in order.payments] == [PaymentStatus.CANCELED, PaymentStatus.CAPTURED]

    def test_that_nobody_makes_good_ends_the_order_with_its_window(self, shop: Shop) -> None:
        mug = shop.sells("mug", units=1)
        order = shop.places(mug, token="sim_insufficient_funds")
        shop.settle()

        shop.later(minutes=29)
        assert (order.status, shop.available(mug)) == ("pending_payment", 0)

        shop.later(minutes=1)
        assert (order.status, order.read()["cancel_reason"]) == ("expired", "payment_window_ended")
        assert (order.stock, shop.available(mug)) == ("released", 1)
        assert order.messages == ["payment_failed", "order_canceled"]
        assert order.post("payments", {"payment_method": {"type": "card", "token": "sim_ok"}}).status_code == 409

    def test_at_capture_leaves_the_order_payable_too(self, shop: Shop) -> None:
        order = shop.places(shop.sells(), token="sim_capture_fails")
        shop.settle()
        assert (order.status, order.payment_status) == ("pending_payment", "requires_payment_method")
        assert order.read()["payment"]["last_error"] == "capture_refused"
        assert order.stock == "committed"

        order.pay("sim_ok")
        shop.settle()
        assert (order.status, order.sums) == ("confirmed", (1999, 0))

    def test_at_capture_gives_committed_stock_back_when_the_window_ends(self, shop: Shop) -> None:
        mug = shop.sells("mug", units=1)
        order = shop.places(mug, token="sim_capture_fails")
        shop.settle()

        shop.later(minutes=31)

        assert (order.status, order.stock, shop.available(mug)) == ("expired", "released", 1)


class TestTheEndOfTheWindow:
    def test_voids_what_the_provider_authorizes_too_late(self, shop: Shop) -> None:
        order = shop.places(shop.sells(), token="sim_timeout_after")
        shop.settle(["payments"])
        shop.later_without_workers(minutes=31)
        assert order.status == "expired"

        shop.later(minutes=5)
        assert order.payments[0].status is PaymentStatus.CANCELED
        assert shop.effects() == [("authorization", 1999), ("void", 1999)]

    def test_finds_an_order_whose_payment_never_left(self, shop: Shop) -> None:
        order = shop.places(shop.sells())

        shop.later_without_workers(minutes=31)
        shop.settle()

        assert (order.status, shop.effects()) == ("expired", [])

    def test_does_not_undo_a_payment_that_was_authorized_in_time(self, shop: Shop) -> None:
        order = shop.places(shop.sells())
        shop.settle(["payments"])
        shop.passes(minutes=31)

        shop.settle()

        assert order.status == "confirmed"

    def test_voids_an_authorization_whose_stock_ran_out_meanwhile(self, shop: Shop) -> None:
        mug = shop.sells("mug", units=1)
        order = shop.places(mug)
        shop.settle(["payments"])
        shop.passes(minutes=36)

        shop.settle()

        assert (order.status, order.read()["cancel_reason"]) == ("expired", "reservation_ended")
        assert (order.payments[0].status, shop.available(mug)) == (PaymentStatus.CANCELED, 1)
        assert shop.effects() == [("authorization", 1999), ("void", 1999)]


class TestCanceling:
    def test_before_the_payment_leaves_charges_nothing(self, shop: Shop) -> None:
        mug = shop.sells("mug", units=1)
        order = shop.places(mug)

        order.cancel()
        shop.settle(workers=False)
        shop.settle()

        assert (order.status, order.payment_status, order.sums) == ("canceled", "canceled", (0, 0))
        assert (shop.available(mug), shop.effects()) == (1, [])

    def test_while_the_authorization_is_on_its_way_voids_it(self, shop: Shop) -> None:
        order = shop.places(shop.sells(), token="sim_timeout_after")
        shop.settle(["payments"])

        order.cancel()
        shop.settle()
        shop.later(minutes=5)

        assert (order.status, order.payment_status) == ("canceled", "canceled")
        assert shop.effects() == [("authorization", 1999), ("void", 1999)]
        assert order.saga.state == "closed"

    def test_while_the_capture_is_on_its_way_refunds_it(self, shop: Shop) -> None:
        mug = shop.sells("mug", units=1)
        order = shop.places(mug)
        shop.settle(["payments"])
        shop.settle(workers=False)
        assert order.saga.waiting_for == "payment_capture"

        order.cancel()
        shop.settle(workers=False)
        assert order.saga.waiting_for == "payment_void"

        shop.settle()
        assert (order.status, order.payment_status, order.sums) == ("canceled", "refunded", (1999, 1999))
        assert shop.effects() == [("authorization", 1999), ("capture", 1999), ("refund", 1999)]
        assert shop.available(mug) == 1

    def test_while_a_capture_that_will_fail_is_on_its_way_voids_it(self, shop: Shop) -> None:
        order = shop.places(shop.sells(), token="sim_capture_fails")
        shop.settle(["payments"])
        shop.settle(workers=False)

        order.cancel()
        shop.settle()

        assert (order.payment_status, order.saga.state) == ("canceled", "closed")
        assert shop.effects() == [("authorization", 1999), ("void", 1999)]

    def test_a_payment_that_payments_hears_of_later_finds_its_way_back(self, shop: Shop) -> None:
        faults = [Fault(kind=FaultKind.UNAVAILABLE, method="create_payment")]
        with planned(PaymentsApi, *faults):
            order = shop.places(shop.sells())
        order.cancel()
        shop.settle()
        assert (order.saga.state, order.payments) == ("closed", [])

        bound(PaymentsApi).create_payment(
            payment_id=order.payment_id,
            order_id=order.id,
            amount=Money(amount=1999, currency="EUR"),
            method=PaymentMethod(type="card", token="sim_ok"),
        )
        shop.settle()

        assert order.payments[0].status is PaymentStatus.CANCELED
        assert (order.status, order.saga.state) == ("canceled", "closed")

    def test_waits_for_staff_by_name_when_the_provider_refuses_the_refund(self, shop: Shop) -> None:
        order = shop.places(shop.sells())
        shop.settle()
        shop.provider.script("declined", kind="refund")

        order.cancel()
        shop.settle()
        assert (order.saga.waiting_for, order.sums) == ("staff", (1999, 0))

        with transaction.atomic(using="orders"):
            cancellation.return_money_again(order_id=order.id, actor="staff", now=clock.now("orders"))
        shop.settle()
        assert (order.saga.state, order.sums) == ("closed", (1999, 1999))


class TestMoneyOfAFormerPayment:
    def test_is_sent_back_while_the_order_goes_on(self, shop: Shop) -> None:
        order = shop.places(shop.sells(), token="sim_declined")
        shop.settle()
        former = new_id()
        bound(PaymentsApi).create_payment(
            payment_id=former,
            order_id=order.id,
            amount=Money(amount=1999, currency="EUR"),
            method=PaymentMethod(type="card", token="sim_ok"),
        )
        shop.settle()
        assert bound(PaymentsApi).get_payment(payment_id=former).status is PaymentStatus.CANCELED

        order.pay("sim_ok")
        shop.settle()

        assert (order.status, order.sums) == ("confirmed", (1999, 0))


class TestPlacing:
    def test_answers_while_payments_is_away_and_pays_later(self, shop: Shop) -> None:
        with planned(PaymentsApi, *[Fault(kind=FaultKind.UNAVAILABLE, method="create_payment")] * 2):
            order = shop.places(shop.sells())
            shop.settle()
            assert (order.status, order.payments) == ("pending_payment", [])

            shop.later(seconds=5)
            shop.later(seconds=5)

        assert (order.status, len(order.payments)) == ("confirmed", 1)

    def test_under_the_same_key_places_what_an_absent_inventory_could_not_hold(self, shop: Shop) -> None:
        mug, key = shop.sells("mug", units=1), str(new_id())
        body = shop.order_body(mug)
        with planned(InventoryApi, Fault(kind=FaultKind.LOST_ANSWER, method="reserve_stock")):
            refused = shop.try_to_place(body, key=key)
        assert (refused.status_code, "Retry-After" in refused.headers) == (503, True)
        assert shop.available(mug) == 0

        placed = shop.try_to_place(body, key=key)

        assert placed.status_code == 201
        assert shop.available(mug) == 0
        shop.settle()

    def test_refuses_another_total_and_gives_the_stock_back(self, shop: Shop) -> None:
        mug = shop.sells("mug", units=1)
        body = shop.order_body(mug, expected_total={"amount": 1500, "currency": "EUR"})

        refused = shop.try_to_place(body)

        assert (refused.status_code, refused.json()["code"]) == (409, "price_changed")
        assert refused.json()["total"] == {"amount": 1999, "currency": "EUR"}
        assert shop.available(mug) == 1

    def test_refuses_a_total_that_no_order_can_have_and_gives_the_stock_back(self, shop: Shop) -> None:
        yacht = shop.sells("yacht", units=2, price=MAX_AMOUNT)

        refused = shop.try_to_place(shop.order_body(yacht, quantity=2))

        assert (refused.status_code, refused.json()["code"]) == (422, "order_too_large")
        assert (shop.available(yacht), shop.orders()) == (2, [])

    def test_refuses_a_hold_that_ran_out_between_two_tries(self, shop: Shop) -> None:
        mug, key = shop.sells("mug", units=1), str(new_id())
        body = shop.order_body(mug)
        with planned(InventoryApi, Fault(kind=FaultKind.LOST_ANSWER, method="reserve_stock")):
            shop.try_to_place(body, key=key)
        shop.later(minutes=31)

        late = shop.try_to_place(body, key=key)

        assert (late.status_code, late.json()["code"]) == (409, "reservation_ended")
        shop.later(minutes=5)
        assert shop.try_to_place(body).status_code == 201

    def test_refuses_what_is_not_there_and_leaves_no_trace(self, shop: Shop) -> None:
        mug, key = shop.sells("mug", units=1), str(new_id())

        refused = shop.try_to_place(shop.order_body(mug, quantity=2), key=key)
        repeated = shop.try_to_place(shop.order_body(mug, quantity=2), key=key)

        assert (refused.status_code, refused.json()["code"]) == (409, "insufficient_stock")
        assert refused.json()["shortages"][0]["available"] == 1
        assert repeated.content == refused.content
        assert shop.orders() == []
