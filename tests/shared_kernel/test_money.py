"""Money never loses a minor unit."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_kernel.money import Money, from_decimal, half_up, split


class TestMoney:
    @pytest.mark.parametrize("amount", [1.0, "1", True, None])
    def test_refuses_what_is_not_a_whole_number(self, amount: object) -> None:
        with pytest.raises(TypeError):
            Money(amount=amount, currency="EUR")  # type: ignore[arg-type]

    def test_refuses_an_unknown_currency(self) -> None:
        with pytest.raises(ValueError, match="XXX"):
            Money(amount=1, currency="XXX")

    def test_does_not_add_across_currencies(self) -> None:
        with pytest.raises(ValueError, match="add up"):
            Money(amount=1, currency="EUR") + Money(amount=1, currency="USD")

    @pytest.mark.parametrize(("currency", "minor"), [("EUR", 1235), ("JPY", 12), ("KWD", 12345)])
    def test_reads_major_units_in_the_digits_of_the_currency(self, currency: str, minor: int) -> None:
        assert from_decimal(Decimal("12.345"), currency) == Money(amount=minor, currency=currency)


class TestHalfUp:
    @pytest.mark.parametrize(("value", "whole"), [("0.5", 1), ("1.5", 2), ("2.5", 3), ("-0.5", -1), ("0.49", 0)])
    def test_rounds_halves_away_from_zero(self, value: str, whole: int) -> None:
        assert half_up(Decimal(value)) == whole


class TestSplit:
    @given(st.integers(-(10**12), 10**12), st.lists(st.integers(0, 10**6), min_size=1, max_size=50))
    def test_adds_up_and_is_fair_to_one_unit(self, total: int, weights: list[int]) -> None:
        parts = split(total, weights)

        assert sum(parts) == total
        whole = sum(weights)
        if whole:
            assert all(abs(part * whole - total * weight) < whole for part, weight in zip(parts, weights, strict=True))

    def test_gives_the_remainder_to_the_largest_then_the_first(self) -> None:
        assert split(100, [1, 1, 1]) == [34, 33, 33]
        assert split(5, [3, 7]) == [2, 3]

    @pytest.mark.parametrize("weights", [[], [1, -1]])
    def test_refuses_weights_that_make_no_split(self, weights: list[int]) -> None:
        with pytest.raises(ValueError, match="weight"):
            split(1, weights)
