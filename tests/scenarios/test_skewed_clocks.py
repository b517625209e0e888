"""A host whose clock is wrong: holds, windows and due work go by the time of the database, which all hosts share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings

from inventory.api import InventoryApi, ReservationLine
from shared_kernel import contexts
from shared_kernel.facades.binding import bound
from shared_kernel.ids import new_id
from tests.databases import TestDatabase
from tests.scenarios.shop import Shop


@contextmanager
def clock_of_this_host_behind_by(shop: Shop, database: TestDatabase, hours: int) -> Iterator[None]:
    """As in production, where Python's clock is the host's; negative hours put it ahead of the servers'."""
    for context in contexts.hosted():
        move = f"update {context.name}.clock_offset set shift = shift + make_interval(hours => {hours})"  # noqa: S608
        database.superuser().execute(move.encode())
    settings.ASHLAR_TEST_MODE = False
    try:
        yield
    finally:
        settings.ASHLAR_TEST_MODE = True


class TestAWrongClock:
    @pytest.mark.parametrize("hours", [2, -2])
    def test_neither_delays_an_order_nor_ends_its_hold(
        self, shop: Shop, test_database: TestDatabase, hours: int
    ) -> None:
        variant = shop.sells(units=1)

        with clock_of_this_host_behind_by(shop, test_database, hours):
            order = shop.places(variant)
            shop.settle()

        assert order.status == "confirmed"
        assert order.stock == "committed"

    @pytest.mark.parametrize("hours", [2, -2])
    def test_neither_delays_the_money_of_a_canceled_order(
        self, shop: Shop, test_database: TestDatabase, hours: int
    ) -> None:
        order = shop.places(shop.sells())
        shop.settle()

        with clock_of_this_host_behind_by(shop, test_database, hours):
            order.cancel()
            shop.settle()

        assert order.sums == (1999, 1999)
        assert order.stock == "released"

    def test_ends_an_unpaid_order_in_time_however_far_it_is_behind(
        self, shop: Shop, test_database: TestDatabase
    ) -> None:
        order = shop.places(shop.sells(), token="sim_declined")
        shop.settle()

        with clock_of_this_host_behind_by(shop, test_database, 2):
            shop.settle()

        assert order.status == "expired"
        assert order.stock == "expired"

    def test_lets_the_timer_of_a_hold_come_to_rest(self, shop: Shop, test_database: TestDatabase) -> None:
        variant = shop.sells(units=1)
        bound(InventoryApi).reserve_stock(
            order_id=new_id(),
            currency="EUR",
            lines=[ReservationLine(variant_id=variant.id, quantity=1)],
            hold_seconds=60,
        )

        with clock_of_this_host_behind_by(shop, test_database, 2):
            shop.settle()

        assert shop.available(variant) == 1

    def test_leaves_an_order_payable_however_far_it_is_ahead(self, shop: Shop, test_database: TestDatabase) -> None:
        order = shop.places(shop.sells(), token="sim_declined")
        shop.settle()

        with clock_of_this_host_behind_by(shop, test_database, -2):
            order.pay("sim_ok")
            shop.settle()

        assert order.status == "confirmed"
