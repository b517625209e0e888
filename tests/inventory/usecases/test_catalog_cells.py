from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.policies import Publication
from inventory.usecases.catalog_import import cells
from inventory.usecases.catalog_import.plain_text import plain_text
from inventory.usecases.catalog_import.skus import derived_sku
from shared_kernel.money import CURRENCY_DIGITS


class TestPrices:
    @given(st.integers(0, 10**11), st.sampled_from(sorted(CURRENCY_DIGITS)))
    def test_read_back_to_the_minor_unit(self, minor: int, currency: str) -> None:
        text = f"{Decimal(minor).scaleb(-CURRENCY_DIGITS[currency]):f}"

        assert cells.price_in(currency)(text) == minor

    @pytest.mark.parametrize(
        ("text", "currency", "minor"),
        [
            ("19.99", "EUR", 1999),
            ("20", "EUR", 2000),
            ("19.9900", "EUR", 1999),
            ("500.00", "JPY", 500),
            ("1.234", "KWD", 1234),
        ],
    )
    def test_know_the_decimals_of_each_currency(self, text: str, currency: str, minor: int) -> None:
        assert cells.price_in(currency)(text) == minor

    @pytest.mark.parametrize(
        "text",
        ["19.995", "-1", "1e3", "1,99", "1 000", "€5", "NaN", ".5", "5.", "10000000000.01", "٣", "99999999999999999"],
    )
    def test_refuse_what_is_no_price(self, text: str) -> None:
        with pytest.raises(cells.BadCell):
            cells.price_in("EUR")(text)


class TestUnits:
    def test_are_whole_and_bounded(self) -> None:
        assert [cells.units(text) for text in ("0", "7", "500000000")] == [0, 7, 500_000_000]

    @pytest.mark.parametrize("text", ["-1", "1.5", "1.0", "many", "500000001", "9" * 30, "²"])
    def test_refuse_everything_else(self, text: str) -> None:
        with pytest.raises(cells.BadCell):
            cells.units(text)


class TestFlags:
    def test_say_true_or_false_in_any_case(self) -> None:
        assert cells.publication("TRUE") is Publication.PUBLISHED
        assert cells.publication("no") is Publication.DRAFT

    def test_refuse_a_guess(self) -> None:
        with pytest.raises(cells.BadCell):
            cells.publication("maybe")


class TestPlainText:
    @pytest.mark.parametrize(
        ("html", "text"),
        [
            ("<p>Blown clay pot</p>", "Blown clay pot"),
            ("<p>One</p><p>Two <b>bold</b></p>", "One\n\nTwo bold"),
            ("One<br>Two<br/>Three", "One\nTwo\nThree"),
            ("<ul><li>Red</li><li>Blue</li></ul>", "- Red\n- Blue"),
            ("Salt &amp; pepper &#233;", "Salt & pepper é"),
            ("<script>alert(1)</script>Safe<style>p{}</style>", "Safe"),
            ("<img src=x onerror=alert(1)>Safe", "Safe"),
            ("5 < 6 and 7 > 6", "5 < 6 and 7 > 6"),
            ("no tags\nkeep   lines", "no tags\nkeep lines"),
            ("a\n  <i>b</i>\n c", "a b c"),
            ("", ""),
        ],
    )
    def test_is_what_a_reader_would_see(self, html: str, text: str) -> None:
        assert plain_text(html) == text

    @given(st.text(alphabet="<>/=&;\"'abp script\n", max_size=60))
    def test_never_fails_and_stays_as_it_is_once_plain(self, html: str) -> None:
        text = plain_text(html)

        assert text == text.strip()


class TestDerivedSkus:
    def test_are_readable_where_nothing_is_lost(self) -> None:
        assert derived_sku("varsity-top", []) == "varsity-top"
        assert derived_sku("varsity-top", ["Small", "Navy Blue"]) == "varsity-top.small.navy-blue"

    def test_tell_apart_what_plain_letters_do_not(self) -> None:
        names = [derived_sku("top", [value]) for value in ("1/2", "1-2", "1 2", "½", "é", "e", "", "-")]

        assert len(set(names)) == len(names) - 1  # "1-2" and "1 2" are the same in plain letters

    @given(st.text(min_size=1, max_size=200), st.lists(st.text(max_size=120), max_size=3))
    def test_are_stable_and_fit(self, handle: str, values: list[str]) -> None:
        sku = derived_sku(handle, values)

        assert sku == derived_sku(handle, values)
        assert len(sku) <= cells.LONGEST_SKU
