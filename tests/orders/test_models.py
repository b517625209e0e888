from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from orders.api import OrderStatus
from orders.models import CheckoutSaga, Order, OrderLine
from orders.policies import OrderPaymentStatus
from shared_kernel.errors import InvalidStateTransition
from shared_kernel.ids import new_id
from shared_kernel.money import MAX_AMOUNT

pytestmark = pytest.mark.django_db(databases="__all__")

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def an_order(**changes: Any) -> Order:
    values: dict[str, Any] = {
        "number": Order.objects.next_number(),
        "status": OrderStatus.PENDING_PAYMENT,
        "email": "ada@example.test",
        "currency": "EUR",
        "total": 100,
        "placed_at": NOON,
        "created_at": NOON,
        "updated_at": NOON,
        "payable_until": NOON,
        "payment_status": OrderPaymentStatus.PROCESSING,
    }
    return Order.objects.create(**{**values, **changes})


def a_line(order: Order, **changes: Any) -> OrderLine:
    values = {
        "order": order,
        "position": 1,
        "variant_id": new_id(),
        "product_id": new_id(),
        "sku": "mug",
        "title": "Mug",
        "quantity": 2,
        "unit_price": 50,
        "total": 100,
    }
    return OrderLine.objects.create(**{**values, **changes})


def a_saga(order: Order, **changes: Any) -> CheckoutSaga:
    values = {
        "order": order,
        "definition": 1,
        "state": "creating_payment",
        "started_at": NOON,
        "moved_at": NOON,
        "deadline": NOON,
        "due_at": NOON,
    }
    return CheckoutSaga.objects.create(**{**values, **changes})


def must_be_refused(constraint: str, make: Callable[[], object]) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic(using="orders"):
        make()


class TestAnOrderRow:
    @pytest.mark.parametrize(
        ("constraint", "changes"),
        [
            ("order_status_is_known", {"status": "lost"}),
            ("order_total_is_possible", {"total": -1}),
            ("order_total_is_possible", {"total": MAX_AMOUNT + 1}),
            ("order_refunds_only_what_was_captured", {"captured": 5, "refunded": 6}),
            ("order_confirmed_has_a_time", {"status": "confirmed"}),
            ("order_canceled_has_time_and_reason", {"status": "canceled", "canceled_at": NOON}),
        ],
    )
    def test_is_refused_where_it_cannot_be_true(self, constraint: str, changes: dict[str, Any]) -> None:
        must_be_refused(constraint, lambda: an_order(**changes))

    def test_has_a_number_of_its_own(self) -> None:
        number = an_order().number

        must_be_refused("number", lambda: an_order(number=number))

    def test_notes_when_it_is_confirmed(self) -> None:
        order = an_order()

        order.confirm(at=NOON)

        order.refresh_from_db()
        assert (order.status, order.confirmed_at, order.updated_at) == ("confirmed", NOON, NOON)

    def test_is_not_confirmed_once_it_is_over(self) -> None:
        order = an_order()
        order.expire(reason="payment_window_ended", at=NOON)

        with pytest.raises(InvalidStateTransition) as refusal:
            order.confirm(at=NOON)

        assert (refusal.value.state, refusal.value.command) == ("expired", "confirm")

    def test_keeps_the_reason_of_a_decline_until_the_next_try(self) -> None:
        order = an_order()

        order.note_payment(told=OrderPaymentStatus.REQUIRES_PAYMENT_METHOD, error="card_declined", at=NOON)
        order.note_payment(told=OrderPaymentStatus.REQUIRES_PAYMENT_METHOD, error=None, at=NOON)
        kept = order.payment_error
        order.begin_payment(payment_id=new_id(), at=NOON)

        assert (kept, order.payment_error, order.payment_status) == ("card_declined", None, "processing")


class TestALineRow:
    @pytest.mark.parametrize(
        ("constraint", "changes"),
        [
            ("order_line_has_a_quantity", {"quantity": 0, "total": 0}),
            ("order_line_price_is_not_negative", {"unit_price": -50, "total": -100}),
            ("order_line_total_is_price_times_quantity", {"total": 99}),
        ],
    )
    def test_is_refused_where_it_cannot_be_true(self, constraint: str, changes: dict[str, Any]) -> None:
        order = an_order()

        must_be_refused(constraint, lambda: a_line(order, **changes))

    def test_has_a_place_of_its_own(self) -> None:
        order = an_order()
        a_line(order)

        must_be_refused("order_line_position_is_unique", lambda: a_line(order))


class TestASagaRow:
    def test_is_the_only_checkout_of_its_order(self) -> None:
        order = an_order()
        a_saga(order)

        must_be_refused("checkout_saga_is_one_per_order", lambda: a_saga(order))

    def test_sends_a_stray_payment_back_once(self) -> None:
        order, payment_id = an_order(), new_id()
        a_saga(order)
        a_saga(order, purpose="money_return", payment_id=payment_id)

        must_be_refused(
            "checkout_saga_returns_a_payment_once",
            lambda: a_saga(order, purpose="money_return", payment_id=payment_id),
        )

    def test_is_never_without_somebody_who_moves_it(self) -> None:
        order = an_order()

        must_be_refused("checkout_saga_has_an_owner", lambda: a_saga(order, due_at=None))
