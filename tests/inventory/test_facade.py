from __future__ import annotations

from uuid import UUID

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from inventory.api import (
    CurrencyNotOffered,
    InsufficientStock,
    InvalidReservation,
    InventoryApi,
    PriceChanged,
    ReservationEnded,
    ReservationLine,
    ReservationNotFound,
    ReservationState,
    ReservationSummary,
    Shortage,
    UnknownVariants,
    VariantPrice,
)
from inventory.facade import InventoryOperations
from inventory.models import Price, Reservation, StockMovement
from shared_kernel import clock
from shared_kernel.facades.binding import bound
from shared_kernel.ids import new_id
from shared_kernel.models import PendingEvent
from shared_kernel.money import Money
from tests.inventory.catalog import a_variant, counters

pytestmark = pytest.mark.django_db(databases="__all__")

HOLD = 2100


def inventory() -> InventoryApi:
    return bound(InventoryApi)


def reserve(*wanted: tuple[UUID, int], order_id: UUID | None = None, currency: str = "EUR") -> ReservationSummary:
    lines = [ReservationLine(variant_id=variant_id, quantity=quantity) for variant_id, quantity in wanted]
    return inventory().reserve_stock(order_id=order_id or new_id(), currency=currency, lines=lines, hold_seconds=HOLD)


def event_names(aggregate: UUID) -> list[str]:
    return list(
        PendingEvent.objects.using("inventory")
        .filter(aggregate=aggregate)
        .order_by("sequence")
        .values_list("name", flat=True)
    )


class TestReservingStock:
    def test_prices_and_holds_every_line(self) -> None:
        mug, cup = (
            a_variant("mug", stock=5),
            a_variant("cup", stock=1, prices={"EUR": 500}, title="Blue", product_title="Cup"),
        )

        held = reserve((mug.id, 2), (cup.id, 1))

        assert held.state is ReservationState.HELD
        assert [(line.sku, line.title, line.quantity, line.unit_price.amount) for line in held.lines] == [
            ("mug", "Mug", 2, 1999),
            ("cup", "Cup (Blue)", 1, 500),
        ]
        assert counters(mug.id) == {"main": (5, 2, 0)}
        assert counters(cup.id) == {"main": (1, 1, 0)}
        assert event_names(held.reservation_id) == ["inventory.stock_reserved.v1"]

    def test_sums_lines_of_the_same_variant(self) -> None:
        mug = a_variant(stock=3)

        with pytest.raises(InsufficientStock) as refusal:
            reserve((mug.id, 2), (mug.id, 2))

        assert refusal.value.shortages == [Shortage(variant_id=mug.id, requested=4, available=3)]

    def test_holds_nothing_when_one_line_falls_short_and_names_every_shortage(self) -> None:
        mug, cup, jug = a_variant("mug", stock=5), a_variant("cup", stock=1), a_variant("jug", stock=0)

        with pytest.raises(InsufficientStock) as refusal:
            reserve((mug.id, 2), (cup.id, 2), (jug.id, 1))

        assert [(shortage.variant_id, shortage.available) for shortage in refusal.value.shortages] == [
            (cup.id, 1),
            (jug.id, 0),
        ]
        assert counters(mug.id) == {"main": (5, 0, 0)}
        assert not Reservation.objects.exists()

    def test_answers_a_repeat_with_the_hold_as_it_is_and_changes_nothing(self) -> None:
        mug = a_variant(stock=1)
        order_id = new_id()
        first = reserve((mug.id, 1), order_id=order_id)

        again = reserve((mug.id, 1), order_id=order_id)

        assert again == first
        assert counters(mug.id) == {"main": (1, 1, 0)}
        assert len(event_names(first.reservation_id)) == 1

    def test_refuses_what_is_not_for_sale(self) -> None:
        draft, stranger = a_variant("draft", stock=1, published=False), new_id()

        with pytest.raises(UnknownVariants) as refusal:
            reserve((draft.id, 1), (stranger, 1))

        assert refusal.value.variant_ids == [draft.id, stranger]

    def test_refuses_a_currency_without_a_price(self) -> None:
        mug = a_variant(stock=1)

        with pytest.raises(CurrencyNotOffered) as refusal:
            reserve((mug.id, 1), currency="USD")

        assert refusal.value.variant_ids == [mug.id]

    def test_refuses_another_price_than_the_buyer_saw(self) -> None:
        mug = a_variant(stock=1)
        line = ReservationLine(variant_id=mug.id, quantity=1, expected_unit_price=Money(amount=1, currency="EUR"))

        with pytest.raises(PriceChanged) as refusal:
            inventory().reserve_stock(order_id=new_id(), currency="EUR", lines=[line], hold_seconds=HOLD)

        assert refusal.value.prices == [VariantPrice(variant_id=mug.id, unit_price=Money(amount=1999, currency="EUR"))]

    def test_charges_the_price_that_holds_now(self) -> None:
        mug, now = a_variant(stock=1, prices={}), clock.now("inventory")
        Price.objects.create(variant=mug, currency="EUR", amount=1, valid_from="2024-01-01T00:00Z", valid_to=now)
        Price.objects.create(variant=mug, currency="EUR", amount=2, valid_from=now, valid_to="2100-01-01T00:00Z")
        Price.objects.create(variant=mug, currency="EUR", amount=3, valid_from="2100-01-01T00:00Z")

        assert reserve((mug.id, 1)).lines[0].unit_price == Money(amount=2, currency="EUR")

    @pytest.mark.parametrize(("quantity", "seconds"), [(0, HOLD), (-1, HOLD), (1, 0)])
    def test_refuses_a_request_out_of_bounds(self, quantity: int, seconds: int) -> None:
        lines = [ReservationLine(variant_id=a_variant(stock=1).id, quantity=quantity)]

        with pytest.raises(InvalidReservation):
            inventory().reserve_stock(order_id=new_id(), currency="EUR", lines=lines, hold_seconds=seconds)

    def test_asks_the_database_as_often_for_many_lines_as_for_one(self) -> None:
        variants = [a_variant(f"mug-{number}", stock=9).id for number in range(6)]
        counts = []
        for wanted in (variants[:1], variants):
            with CaptureQueriesContext(connections["inventory"]) as queries:
                reserve(*[(variant_id, 1) for variant_id in wanted])
            counts.append(len(queries))

        assert counts[0] == counts[1] <= 14


class TestChoosingLocations:
    def test_takes_everything_from_the_first_place_that_has_it_all(self) -> None:
        mug = a_variant(stock={"near": 2, "far": 9})

        reserve((mug.id, 3))

        assert counters(mug.id) == {"near": (2, 0, 0), "far": (9, 3, 0)}

    def test_splits_in_order_when_no_place_has_it_all(self) -> None:
        mug = a_variant(stock={"near": 2, "far": 2})

        reserve((mug.id, 3))

        assert counters(mug.id) == {"near": (2, 2, 0), "far": (2, 1, 0)}


class TestSettlingAReservation:
    def test_commits_and_consumes_once_however_often_it_is_told(self) -> None:
        mug, order_id = a_variant(stock=5), new_id()
        held = reserve((mug.id, 2), order_id=order_id)

        committed = [inventory().commit_stock(order_id=order_id) for _ in range(2)]
        counted = counters(mug.id)
        consumed = [inventory().consume_stock(order_id=order_id) for _ in range(2)]
        late = inventory().commit_stock(order_id=order_id)

        assert [summary.state for summary in committed] == ["committed"] * 2
        assert committed[0].expires_at is None
        assert counted == {"main": (5, 0, 2)}
        assert [summary.state for summary in consumed] == ["consumed"] * 2
        assert late.state is ReservationState.CONSUMED
        assert counters(mug.id) == {"main": (3, 0, 0)}
        assert event_names(held.reservation_id) == [
            "inventory.stock_reserved.v1",
            "inventory.stock_committed.v1",
            "inventory.stock_consumed.v1",
        ]

    @pytest.mark.parametrize("confirmed", [False, True])
    def test_releases_held_and_committed_stock_once(self, confirmed: bool) -> None:
        mug, order_id = a_variant(stock=5), new_id()
        held = reserve((mug.id, 2), order_id=order_id)
        if confirmed:
            inventory().commit_stock(order_id=order_id)

        released = [inventory().release_stock(order_id=order_id, reason="order_canceled") for _ in range(2)]

        assert [summary.state for summary in released] == ["released"] * 2
        assert counters(mug.id) == {"main": (5, 0, 0)}
        assert event_names(held.reservation_id).count("inventory.stock_released.v1") == 1

    def test_refuses_to_commit_or_consume_what_was_released(self) -> None:
        mug, order_id = a_variant(stock=1), new_id()
        reserve((mug.id, 1), order_id=order_id)
        inventory().release_stock(order_id=order_id, reason="order_canceled")

        with pytest.raises(ReservationEnded) as commit_refusal:
            inventory().commit_stock(order_id=order_id)
        with pytest.raises(ReservationEnded):
            inventory().consume_stock(order_id=order_id)

        assert commit_refusal.value.state is ReservationState.RELEASED

    def test_refuses_to_consume_what_is_only_held_and_to_release_what_is_gone(self) -> None:
        mug, order_id = a_variant(stock=1), new_id()
        reserve((mug.id, 1), order_id=order_id)

        with pytest.raises(ReservationEnded):
            inventory().consume_stock(order_id=order_id)
        inventory().commit_stock(order_id=order_id)
        inventory().consume_stock(order_id=order_id)
        with pytest.raises(ReservationEnded):
            inventory().release_stock(order_id=order_id, reason="order_canceled")

        assert counters(mug.id) == {"main": (0, 0, 0)}

    def test_knows_no_reservation_of_a_strange_order(self) -> None:
        with pytest.raises(ReservationNotFound):
            inventory().get_reservation(order_id=new_id())
        with pytest.raises(ReservationNotFound):
            inventory().commit_stock(order_id=new_id())
        with pytest.raises(ReservationNotFound):
            inventory().release_stock(order_id=new_id(), reason="order_canceled")


class TestTheAudit:
    def test_finds_nothing_after_every_kind_of_move(self) -> None:
        mug = a_variant(stock={"near": 3, "far": 3})
        for end in ("commit_stock", "consume", "release_stock", None):
            order_id = new_id()
            reserve((mug.id, 1), order_id=order_id)
            if end in ("commit_stock", "consume"):
                inventory().commit_stock(order_id=order_id)
            if end == "consume":
                inventory().consume_stock(order_id=order_id)
            if end == "release_stock":
                inventory().release_stock(order_id=order_id, reason="order_canceled")

        assert InventoryOperations().audit_findings(limit=10) == []

    def test_names_counters_that_their_rows_do_not_explain(self) -> None:
        mug = a_variant(stock=5)
        reserve((mug.id, 2))
        StockMovement.objects.create(
            level=mug.levels.get(),
            bucket="on_hand",
            delta=1,
            reason="corrected",
            reference=new_id(),
            actor="x",
            at=clock.now("inventory"),
        )
        mug.levels.update(reserved=1)

        found = InventoryOperations().audit_findings(limit=10)

        assert sorted(finding.detail for finding in found) == [
            "on_hand is 5; holds make nothing, movements 6",
            "reserved is 1; holds make 2, movements 2",
        ]

    def test_states_the_stock_of_every_order_page_by_page(self) -> None:
        mug = a_variant(stock=5)
        orders = sorted(new_id() for _ in range(3))
        for order_id in orders:
            reserve((mug.id, 1), order_id=order_id)
        inventory().commit_stock(order_id=orders[1])
        inventory().release_stock(order_id=orders[2], reason="order_canceled")

        first = InventoryOperations().audit_facts(after=None, limit=2)
        second = InventoryOperations().audit_facts(after=first.next_after, limit=2)

        assert [fact.value for fact in first.facts + second.facts] == ["held", "committed", "released"]
        assert [first.next_after, second.next_after] == [orders[1], None]
