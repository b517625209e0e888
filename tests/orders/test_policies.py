from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.policies import (
    HOLD_MARGIN,
    ORDER_MACHINE,
    PAYMENT_WINDOWS,
    OrderPaymentStatus,
    allowed_actions,
    hold_seconds,
    is_too_large,
    line_total,
    looks_like_card_number,
    order_total,
    payable_until,
    payment_status,
    written,
)
from shared_kernel.errors import InvalidStateTransition
from shared_kernel.money import MAX_AMOUNT, Money

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def eur(amount: int) -> Money:
    return Money(amount=amount, currency="EUR")


class TestTheLifeOfAnOrder:
    def test_ends_by_confirmation_and_completion_or_by_expiry_or_by_cancellation(self) -> None:
        assert ORDER_MACHINE.target("pending_payment", "confirm") == "confirmed"
        assert ORDER_MACHINE.target("pending_payment", "expire") == "expired"
        assert ORDER_MACHINE.target("confirmed", "cancel") == "canceled"
        assert ORDER_MACHINE.target("confirmed", "complete") == "completed"

    @pytest.mark.parametrize("state", ["canceled", "expired", "completed"])
    def test_does_not_go_on_after_its_end(self, state: str) -> None:
        assert ORDER_MACHINE.commands(state) == []
        with pytest.raises(InvalidStateTransition):
            ORDER_MACHINE.target(state, "cancel")

    def test_offers_a_buyer_to_pay_only_while_another_payment_is_awaited(self) -> None:
        assert allowed_actions(status="pending_payment", actor="customer", payable=True) == ["cancel", "pay"]
        assert allowed_actions(status="pending_payment", actor="customer", payable=False) == ["cancel"]
        assert allowed_actions(status="pending_payment", actor="staff", payable=True) == ["cancel"]
        assert allowed_actions(status="canceled", actor="customer", payable=False) == []


class TestTheTotal:
    @given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 10**5)), max_size=100))
    def test_is_the_exact_sum_of_quantity_times_price(self, lines: list[tuple[int, int]]) -> None:
        totals = [line_total(unit_price=eur(price), quantity=quantity) for price, quantity in lines]

        assert order_total("EUR", totals) == eur(sum(price * quantity for price, quantity in lines))

    def test_refuses_a_line_in_another_currency(self) -> None:
        with pytest.raises(ValueError, match="do not add up"):
            order_total("EUR", [Money(amount=1, currency="USD")])

    def test_has_a_limit(self) -> None:
        assert not is_too_large(eur(MAX_AMOUNT))
        assert is_too_large(eur(MAX_AMOUNT + 1))

    @pytest.mark.parametrize(
        ("money", "text"),
        [
            (eur(1999), "19.99 EUR"),
            (eur(5), "0.05 EUR"),
            (Money(amount=1999, currency="JPY"), "1999 JPY"),
            (Money(amount=1234567, currency="BHD"), "1234.567 BHD"),
        ],
    )
    def test_is_written_in_major_units(self, money: Money, text: str) -> None:
        assert written(money) == text


class TestThePaymentWindow:
    def test_is_shorter_than_the_hold_on_the_stock(self) -> None:
        window = PAYMENT_WINDOWS["card"]

        assert timedelta(seconds=hold_seconds("card")) == window + HOLD_MARGIN

    def test_begins_with_the_order(self) -> None:
        held = NOON + timedelta(seconds=hold_seconds("card"))

        assert payable_until(method="card", now=NOON, held_until=held) == NOON + timedelta(minutes=30)

    def test_ends_before_a_hold_that_began_earlier(self) -> None:
        held = NOON + timedelta(minutes=12)

        assert payable_until(method="card", now=NOON, held_until=held) == NOON + timedelta(minutes=7)


class TestThePaymentStatus:
    @pytest.mark.parametrize(
        ("captured", "refunded", "expected"),
        [
            (0, 0, OrderPaymentStatus.AUTHORIZED),
            (40, 0, OrderPaymentStatus.PARTIALLY_CAPTURED),
            (100, 0, OrderPaymentStatus.CAPTURED),
            (100, 30, OrderPaymentStatus.PARTIALLY_REFUNDED),
            (100, 100, OrderPaymentStatus.REFUNDED),
            (40, 40, OrderPaymentStatus.REFUNDED),
        ],
    )
    def test_follows_the_money_once_it_moved(self, captured: int, refunded: int, expected: OrderPaymentStatus) -> None:
        told = OrderPaymentStatus.AUTHORIZED

        assert payment_status(told=told, total=100, captured=captured, refunded=refunded) is expected

    @given(st.sampled_from(OrderPaymentStatus), st.integers(1, 100))
    def test_is_not_moved_back_by_older_news(self, told: OrderPaymentStatus, captured: int) -> None:
        status = payment_status(told=told, total=100, captured=captured, refunded=0)

        assert status in (OrderPaymentStatus.PARTIALLY_CAPTURED, OrderPaymentStatus.CAPTURED)


class TestACardNumber:
    # Test numbers that card networks and providers publish.
    @pytest.mark.parametrize(
        "text", ["4242424242424242", "4242-4242-4242-4242", "378282246310005", "6011 1111 1111 1117"]
    )
    def test_is_recognized_however_it_is_written(self, text: str) -> None:
        assert looks_like_card_number(text)

    @pytest.mark.parametrize(
        "text", ["sim_ok", "4242424242424241", "424242", "tok_4242424242424242", "٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢", ""]
    )
    def test_is_not_seen_in_tokens(self, text: str) -> None:
        assert not looks_like_card_number(text)
