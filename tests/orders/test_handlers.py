from __future__ import annotations

from uuid import UUID

import pytest
from django.db import transaction

from customers.events import ApiKeyChanged
from inventory.events import ReservationExpired
from orders import handlers
from orders.api import OrderNotFound
from orders.models import CheckoutSaga, Order
from payments.events import (
    PaymentAuthorized,
    PaymentCanceled,
    PaymentCaptured,
    PaymentCaptureFailed,
    PaymentDeclined,
    RefundFailed,
)
from shared_kernel.ids import new_id
from shared_kernel.models.api_keys import KnownApiKey
from shared_kernel.money import Money
from tests.scenarios.shop import PlacedOrder, Shop

EUR = Money(amount=1999, currency="EUR")


def tell(event: handlers.PaymentEvent) -> None:
    """Hand one event to the handler, as the consumer does."""
    with transaction.atomic(using="orders", durable=True):
        handlers.follow_payments(event)


def authorized(order: PlacedOrder) -> PaymentAuthorized:
    return PaymentAuthorized(payment_id=order.payment_id, order_id=order.id, amount=EUR)


def declined(order: PlacedOrder) -> PaymentDeclined:
    return PaymentDeclined(payment_id=order.payment_id, order_id=order.id, reason="card_declined")


def where(order: PlacedOrder) -> tuple[str, str, str]:
    """Status, payment status and state of the checkout."""
    row = Order.objects.get(pk=order.id)
    return row.status, row.payment_status, order.saga.state


class TestNewsOfPayments:
    def test_move_the_saga_in_the_consumers_transaction_and_make_it_due(self, shop: Shop) -> None:
        order = shop.places(shop.sells())

        tell(authorized(order))

        assert where(order) == ("pending_payment", "authorized", "committing_stock")
        assert order.saga.due_at is not None
        shop.out_of_step()

    def test_that_come_late_move_nothing_backwards(self, shop: Shop) -> None:
        order = shop.places(shop.sells())
        shop.settle()
        confirmed = where(order)

        tell(authorized(order))
        tell(declined(order))
        tell(PaymentCanceled(payment_id=order.payment_id, order_id=order.id, reason="other"))

        assert where(order) == confirmed == ("confirmed", "captured", "confirmed")
        assert [outcome for _, outcome, _ in order.log[-3:]] == ["noted"] * 3

    def test_of_the_capture_before_those_of_the_authorization_still_confirm(self, shop: Shop) -> None:
        order = shop.places(shop.sells())
        captured = PaymentCaptured(payment_id=order.payment_id, order_id=order.id, capture_id=new_id(), amount=EUR)

        tell(captured)
        tell(authorized(order))
        shop.settle(["orders"])

        assert where(order) == ("confirmed", "captured", "confirmed")
        shop.out_of_step()

    def test_of_a_failed_capture_after_the_capture_change_nothing(self, shop: Shop) -> None:
        order = shop.places(shop.sells())
        shop.settle()

        tell(
            PaymentCaptureFailed(
                payment_id=order.payment_id, order_id=order.id, capture_id=new_id(), reason="capture_refused"
            )
        )

        assert where(order) == ("confirmed", "captured", "confirmed")

    def test_of_a_refused_refund_hand_the_order_to_staff(self, shop: Shop) -> None:
        order = shop.places(shop.sells())
        shop.settle()
        order.cancel()
        shop.settle(["orders"], workers=False)
        assert order.saga.waiting_for == "payment_refund"

        tell(RefundFailed(refund_id=new_id(), payment_id=order.payment_id, order_id=order.id, reason="refund_refused"))

        assert (order.saga.state, order.saga.waiting_for) == ("with_staff", "staff")
        shop.settle()

    @pytest.mark.parametrize("event", ["captured", "authorized"])
    def test_of_another_payment_begin_its_way_back_and_leave_the_order_alone(self, shop: Shop, event: str) -> None:
        order = shop.places(shop.sells())
        stray = new_id()
        news: dict[str, handlers.PaymentEvent] = {
            "captured": PaymentCaptured(payment_id=stray, order_id=order.id, capture_id=new_id(), amount=EUR),
            "authorized": PaymentAuthorized(payment_id=stray, order_id=order.id, amount=EUR),
        }

        tell(news[event])

        way_back = CheckoutSaga.objects.get(order_id=order.id, purpose="money_return")
        expected = {"captured": "refunding", "authorized": "voiding"}
        assert (way_back.state, way_back.payment_id) == (expected[event], stray)
        assert order.saga.state == "awaiting_authorization"
        shop.out_of_step()

    def test_of_a_former_payment_without_money_concern_nobody(self, shop: Shop) -> None:
        order = shop.places(shop.sells())

        tell(PaymentCanceled(payment_id=new_id(), order_id=order.id, reason="other"))

        assert CheckoutSaga.objects.filter(order_id=order.id).count() == 1
        assert where(order) == ("pending_payment", "processing", "awaiting_authorization")
        shop.settle()

    def test_of_money_without_an_order_are_refused_so_that_somebody_looks(self, shop: Shop) -> None:
        with pytest.raises(OrderNotFound):
            tell(PaymentAuthorized(payment_id=new_id(), order_id=new_id(), amount=EUR))


class TestNewsOfReservations:
    @staticmethod
    def expire(order_id: UUID) -> None:
        with transaction.atomic(using="orders", durable=True):
            handlers.follow_reservations(ReservationExpired(reservation_id=new_id(), order_id=order_id))

    def test_end_an_order_that_still_waits(self, shop: Shop) -> None:
        order = shop.places(shop.sells())

        self.expire(order.id)

        assert where(order)[0] == "expired"
        assert order.saga.reason == "reservation_ended"
        shop.settle()

    def test_do_not_end_a_confirmed_order(self, shop: Shop) -> None:
        order = shop.places(shop.sells())
        shop.settle()

        self.expire(order.id)

        assert where(order) == ("confirmed", "captured", "confirmed")
        shop.out_of_step()

    def test_of_an_order_that_was_never_placed_concern_nobody(self, shop: Shop) -> None:
        self.expire(new_id())

        assert shop.orders() == []


class TestNewsOfApiKeys:
    def test_make_the_key_known_here(self, shop: Shop) -> None:
        key_id = new_id()

        with transaction.atomic(using="orders", durable=True):
            handlers.remember_api_key(
                ApiKeyChanged(
                    key_id=key_id,
                    key_hash="0" * 64,
                    owner="service:erp",
                    scopes=["orders:read"],
                    expires_at=None,
                    revoked_at=None,
                )
            )

        known = KnownApiKey.objects.using("orders").get(id=key_id)
        assert (known.owner, known.scopes) == ("service:erp", ["orders:read"])
