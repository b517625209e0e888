from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

import pytest

from inventory.api import InsufficientStock, InventoryApi, ReservationLine, ReservationSummary
from inventory.facade import InventoryOperations
from inventory.models import Reservation
from shared_kernel import clock
from shared_kernel.facades.binding import bound
from shared_kernel.ids import new_id
from tests.inventory.catalog import a_variant, counters
from tests.inventory.races import at_once

pytestmark = pytest.mark.usefixtures("committed")


def buyer(
    *variants: UUID, order_id: UUID | None = None, quantity: int = 1, hold: int = 60
) -> Callable[[], ReservationSummary]:
    return partial(
        bound(InventoryApi).reserve_stock,
        order_id=order_id or new_id(),
        currency="EUR",
        lines=[ReservationLine(variant_id=variant_id, quantity=quantity) for variant_id in variants],
        hold_seconds=hold,
    )


def winners(outcomes: list[ReservationSummary | Exception]) -> list[ReservationSummary]:
    unexpected = [one for one in outcomes if isinstance(one, Exception) and not isinstance(one, InsufficientStock)]
    assert unexpected == []
    return [one for one in outcomes if isinstance(one, ReservationSummary)]


class TestBuyersAtTheSameMoment:
    def test_one_of_fifty_gets_the_last_unit(self) -> None:
        mug = a_variant(stock=1)

        outcomes = at_once([buyer(mug.id) for _ in range(50)])

        assert len(winners(outcomes)) == 1
        assert counters(mug.id) == {"main": (1, 1, 0)}
        assert InventoryOperations().audit_findings(limit=10) == []

    def test_fill_the_shelves_of_two_places_to_the_last_unit(self) -> None:
        mug = a_variant(stock={"near": 7, "far": 8})

        outcomes = at_once([buyer(mug.id, quantity=2) for _ in range(16)])

        assert len(winners(outcomes)) == 7
        assert sum(reserved for _, reserved, _ in counters(mug.id).values()) == 14
        assert InventoryOperations().audit_findings(limit=10) == []

    def test_never_lock_each_other_out_however_they_order_their_lines(self) -> None:
        variants = [a_variant(f"mug-{number}", stock=100).id for number in range(5)]

        outcomes = at_once([buyer(*(variants if even % 2 else variants[::-1])) for even in range(20)])

        assert len(winners(outcomes)) == 20
        assert {counters(variant)["main"] for variant in variants} == {(100, 20, 0)}

    def test_one_holds_for_an_order_that_asks_many_times(self) -> None:
        mug, order_id = a_variant(stock=20), new_id()

        outcomes = at_once([buyer(mug.id, order_id=order_id) for _ in range(20)])

        assert len({summary.reservation_id for summary in winners(outcomes)}) == 1
        assert counters(mug.id) == {"main": (20, 1, 0)}

    def test_share_what_a_lapsed_hold_gives_back(self) -> None:
        mug = a_variant(stock=3)
        buyer(mug.id, quantity=3, hold=10)()
        clock.advance("inventory", 11)

        outcomes = at_once([buyer(mug.id) for _ in range(12)])

        assert len(winners(outcomes)) == 3
        assert sorted(Reservation.objects.values_list("state", flat=True)) == ["expired", "held", "held", "held"]
        assert InventoryOperations().audit_findings(limit=10) == []


class TestCommandsForOneOrderAtTheSameMoment:
    def test_settle_it_once(self) -> None:
        mug, order_id = a_variant(stock=5), new_id()
        buyer(mug.id, order_id=order_id)()
        inventory = bound(InventoryApi)

        at_once(
            [partial(inventory.commit_stock, order_id=order_id)] * 5
            + [partial(inventory.release_stock, order_id=order_id, reason="x")] * 5
        )

        assert counters(mug.id) == {"main": (5, 0, 0)}
        assert inventory.get_reservation(order_id=order_id).state == "released"
        assert InventoryOperations().audit_findings(limit=10) == []
