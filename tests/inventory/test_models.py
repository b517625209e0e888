from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connections, transaction

from inventory.models import Price, Product, Reservation, StockLevel, Variant
from shared_kernel.ids import new_id
from tests.inventory.catalog import LONG_AGO, a_location, a_variant

pytestmark = pytest.mark.django_db(databases="__all__")

DAY = timedelta(days=1)


def refused(action: Callable[[], Any], error: type[DatabaseError] = IntegrityError) -> str:
    """The message with which the database refuses."""
    with pytest.raises(error) as refusal, transaction.atomic(using="inventory"):
        action()
    return str(refusal.value)


def a_price(variant: Variant, *, start: int, end: int | None, currency: str = "EUR", amount: int = 1) -> Price:
    return Price.objects.create(
        variant=variant,
        currency=currency,
        amount=amount,
        valid_from=LONG_AGO + start * DAY,
        valid_to=None if end is None else LONG_AGO + end * DAY,
    )


class TestAStockLevel:
    @pytest.mark.parametrize(
        ("counters", "constraint"),
        [
            ({"on_hand": -1}, "stock_level_is_never_oversold"),
            ({"on_hand": 500_000_001}, "stock_level_on_hand_is_possible"),
            ({"reserved": -1}, "stock_level_reserved_is_not_negative"),
            ({"committed": -1}, "stock_level_committed_is_not_negative"),
            ({"safety_stock": -1}, "stock_level_safety_stock_is_not_negative"),
            ({"reserved": 2, "committed": 2, "safety_stock": 2}, "stock_level_is_never_oversold"),
        ],
    )
    def test_never_counts_what_cannot_be(self, counters: dict[str, int], constraint: str) -> None:
        level = a_variant(stock=5).levels.get()

        assert constraint in refused(lambda: StockLevel.objects.filter(pk=level.pk).update(**counters))

    def test_exists_once_per_variant_and_place(self) -> None:
        mug = a_variant(stock=5)

        message = refused(
            lambda: StockLevel.objects.create(variant=mug, location=a_location("main"), updated_at=LONG_AGO)
        )

        assert "stock_level_is_unique" in message


class TestThePeriodsOfAPrice:
    @pytest.mark.parametrize(("start", "end"), [(0, 5), (4, 6), (9, None), (-5, None), (5, 6)])
    def test_do_not_overlap_for_one_variant_and_currency(self, start: int, end: int | None) -> None:
        mug = a_variant(prices={})
        a_price(mug, start=1, end=10)

        assert "price_periods_do_not_overlap" in refused(lambda: a_price(mug, start=start, end=end))

    def test_touch(self) -> None:
        mug = a_variant(prices={})

        for start, end in [(1, 10), (10, 20), (-3, 1), (20, None)]:
            a_price(mug, start=start, end=end)

        assert mug.prices.count() == 4

    def test_are_free_of_other_variants_and_currencies(self) -> None:
        mug, cup = a_variant("mug", prices={}), a_variant("cup", prices={})
        a_price(mug, start=1, end=None)

        a_price(mug, start=1, end=None, currency="USD")
        a_price(cup, start=1, end=None)

        assert Price.objects.count() == 3

    def test_have_a_length_and_an_amount_in_a_currency(self) -> None:
        mug = a_variant(prices={})

        assert "price_lasts" in refused(lambda: a_price(mug, start=1, end=1))
        assert "price_amount_is_possible" in refused(lambda: a_price(mug, start=1, end=2, amount=-1))
        assert "price_has_currency" in refused(lambda: a_price(mug, start=1, end=2, currency="eur"))


class TestTheCatalog:
    def test_keeps_handles_and_skus_apart(self) -> None:
        mug = a_variant("mug")

        assert "product_handle_is_unique" in refused(lambda: a_variant("mug"))
        assert "variant_sku_is_unique" in refused(
            lambda: Variant.objects.create(product_id=mug.product_id, sku="mug", options={"Size": "L"})
        )

    def test_lets_variants_swap_their_options_but_not_share_them(self) -> None:
        red = a_variant("red")
        blue = Variant.objects.create(product_id=red.product_id, sku="blue", options={"Color": "Blue"})

        with transaction.atomic(using="inventory"):
            Variant.objects.filter(pk=red.pk).update(options={"Color": "Blue"})
            Variant.objects.filter(pk=blue.pk).update(options={})
            with connections["inventory"].cursor() as cursor:
                cursor.execute("set constraints all immediate")
                cursor.execute("set constraints all deferred")

        def share() -> None:
            Variant.objects.filter(pk=blue.pk).update(options={"Color": "Blue"})
            with connections["inventory"].cursor() as cursor:
                cursor.execute("set constraints all immediate")

        assert "variant_options_differ" in refused(share)

    def test_finds_titles_by_their_beginning_in_any_case(self) -> None:
        a_variant("mug", product_title="ÄPFEL & Mugs")

        assert Product.objects.filter(search_title__startswith="äpfel").exists()


class TestTheJournal:
    @pytest.mark.parametrize(
        "statement", ["update inventory_stockmovement set delta = 1", "delete from inventory_stockmovement"]
    )
    def test_is_never_rewritten(self, statement: str) -> None:
        a_variant(stock=5)

        def rewrite() -> None:
            with connections["inventory"].cursor() as cursor:
                cursor.execute(statement)

        assert "permission denied" in refused(rewrite, DatabaseError)


class TestAReservation:
    def test_is_the_only_one_of_its_order_and_has_a_known_state(self) -> None:
        order_id = new_id()

        def make(state: str = "committed") -> None:
            Reservation.objects.create(
                order_id=order_id, state=state, currency="EUR", created_at=LONG_AGO, updated_at=LONG_AGO
            )

        assert "reservation_state_is_known" in refused(lambda: make("lost"))
        assert "reservation_held_has_an_end" in refused(lambda: make("held"))
        make()
        assert "order_id" in refused(make)
