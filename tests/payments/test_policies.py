"""What payments decides, without a database."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.api import PaymentStatus
from payments.policies import (
    PAYMENT_MACHINE,
    Account,
    Side,
    Sums,
    TransactionKind,
    decline_code,
    postings,
    provider_key,
    status_after_capture,
)
from shared_kernel.money import CURRENCY_DIGITS, MAX_AMOUNT, Money

amounts = st.integers(min_value=1, max_value=MAX_AMOUNT)
monies = st.builds(Money, amount=amounts, currency=st.sampled_from(sorted(CURRENCY_DIGITS)))


class TestSums:
    @given(amount=amounts, parts=st.lists(st.integers(min_value=0, max_value=MAX_AMOUNT), min_size=5, max_size=5))
    def test_never_leave_more_than_there_is(self, amount: int, parts: list[int]) -> None:
        capturing, captured, voided, refunding, refunded = parts
        try:
            sums = Sums(
                amount=amount,
                authorized=amount,
                capturing=capturing,
                captured=captured,
                voided=voided,
                refunding=refunding,
                refunded=refunded,
            )
        except ValueError:
            assert captured + capturing + voided > amount or refunded + refunding > captured
        else:
            assert 0 <= sums.capturable <= amount
            assert 0 <= sums.refundable <= captured

    @pytest.mark.parametrize(
        "broken",
        [
            {"authorized": 101},
            {"authorized": 100, "captured": 60, "capturing": 41},
            {"authorized": 100, "voided": 100, "captured": 1},
            {"authorized": 100, "captured": 50, "refunded": 30, "refunding": 21},
            {"authorized": 100, "captured": -1},
        ],
    )
    def test_refuse_to_break_a_cap(self, broken: dict[str, int]) -> None:
        with pytest.raises(ValueError, match=r"negative|authorize|captured"):
            Sums(amount=100, **broken)


class TestPostings:
    @given(kind=st.sampled_from(TransactionKind), money=monies)
    def test_always_balance(self, kind: TransactionKind, money: Money) -> None:
        lines = postings(kind, money)

        assert sum(line.amount.amount * (1 if line.side is Side.DEBIT else -1) for line in lines) == 0
        assert all(line.amount == money for line in lines)

    @given(money=monies)
    def test_of_a_refund_undo_those_of_a_capture(self, money: Money) -> None:
        def sides(kind: TransactionKind) -> dict[Account, Side]:
            return {line.account: line.side for line in postings(kind, money)}

        captured, refunded = sides(TransactionKind.CAPTURE), sides(TransactionKind.REFUND)

        assert captured == {Account.PROVIDER_CLEARING: Side.DEBIT, Account.CUSTOMER_PAYMENTS: Side.CREDIT}
        assert captured.keys() == refunded.keys()
        assert all(captured[account] is not refunded[account] for account in captured)

    @pytest.mark.parametrize("kind", [TransactionKind.AUTHORIZE, TransactionKind.VOID])
    def test_of_promises_are_none(self, kind: TransactionKind) -> None:
        assert postings(kind, Money(amount=1, currency="JPY")) == []

    @pytest.mark.parametrize("amount", [0, -1])
    def test_of_nothing_are_refused(self, amount: int) -> None:
        with pytest.raises(ValueError, match="positive"):
            postings(TransactionKind.CAPTURE, Money(amount=amount, currency="EUR"))


class TestTheMachines:
    def test_know_every_status(self) -> None:
        assert set(PAYMENT_MACHINE.states) == {status.value for status in PaymentStatus}

    def test_end_where_money_has_moved_or_nothing_is_held(self) -> None:
        assert PAYMENT_MACHINE.commands(PaymentStatus.CANCELED) == []
        assert PAYMENT_MACHINE.commands(PaymentStatus.CAPTURED) == ["refund"]

    def test_let_staff_do_what_no_provider_does(self) -> None:
        assert PAYMENT_MACHINE.commands(PaymentStatus.AUTHORIZED, ["staff"]) == ["capture", "void"]
        assert PAYMENT_MACHINE.commands(PaymentStatus.AUTHORIZED, ["provider"]) == []

    def test_move_to_captured_with_the_last_minor_unit_only(self) -> None:
        assert status_after_capture(amount=100, captured=99) is PaymentStatus.PARTIALLY_CAPTURED
        assert status_after_capture(amount=100, captured=100) is PaymentStatus.CAPTURED


class TestCodesAndKeys:
    def test_keep_the_words_that_are_known(self) -> None:
        assert decline_code("insufficient_funds") == "insufficient_funds"

    @given(st.text())
    def test_close_the_list_of_declines(self, word: str) -> None:
        assert decline_code(f"x{word}") == "provider_declined"

    def test_name_the_same_effect_the_same_way(self) -> None:
        effect = UUID("01940000-0000-7000-8000-000000000000")

        assert provider_key(TransactionKind.CAPTURE, effect) == f"capture-{effect}"
        assert provider_key(TransactionKind.REFUND, effect) != provider_key(TransactionKind.CAPTURE, effect)
