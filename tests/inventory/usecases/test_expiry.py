from __future__ import annotations

from uuid import UUID

import pytest

from inventory.api import (
    InsufficientStock,
    InventoryApi,
    ReservationEnded,
    ReservationLine,
    ReservationState,
    ReservationSummary,
)
from inventory.models import Reservation
from inventory.usecases import audit
from shared_kernel import clock
from shared_kernel.api import AuditFinding
from shared_kernel.events import relay
from shared_kernel.facades.binding import bound
from shared_kernel.ids import new_id
from shared_kernel.models import LoggedEvent
from tests.inventory.catalog import a_variant, counters


def hold(variant_id: UUID, quantity: int = 1, *, seconds: int = 60, order_id: UUID | None = None) -> ReservationSummary:
    return bound(InventoryApi).reserve_stock(
        order_id=order_id or new_id(),
        currency="EUR",
        lines=[ReservationLine(variant_id=variant_id, quantity=quantity)],
        hold_seconds=seconds,
    )


def states() -> list[str]:
    return list(Reservation.objects.order_by("id").values_list("state", flat=True))


def findings() -> list[AuditFinding]:
    return audit.list_findings(now=clock.now("inventory"), limit=10)


@pytest.mark.django_db(databases="__all__")
class TestAHoldThatRanOut:
    def test_reads_as_expired_before_anybody_tidied_it(self) -> None:
        held = hold(a_variant(stock=1).id)
        clock.advance("inventory", 61)

        summary = bound(InventoryApi).get_reservation(order_id=held.order_id)

        assert (summary.state, summary.expires_at) == (ReservationState.EXPIRED, None)
        assert states() == ["held"]

    def test_cannot_be_committed_any_more(self) -> None:
        held = hold(a_variant(stock=1).id)
        clock.advance("inventory", 61)

        with pytest.raises(ReservationEnded) as refusal:
            bound(InventoryApi).commit_stock(order_id=held.order_id)

        assert refusal.value.state is ReservationState.EXPIRED

    def test_gives_its_units_to_the_next_buyer(self) -> None:
        mug = a_variant(stock=3)
        hold(mug.id, 3)
        clock.advance("inventory", 61)

        hold(mug.id, 2)

        assert states() == ["expired", "held"]
        assert counters(mug.id) == {"main": (3, 2, 0)}
        assert findings() == []

    def test_gives_back_its_other_lines_too(self) -> None:
        mug, cup = a_variant("mug", stock=1), a_variant("cup", stock=1)
        bound(InventoryApi).reserve_stock(
            order_id=new_id(),
            currency="EUR",
            lines=[ReservationLine(variant_id=variant.id, quantity=1) for variant in (mug, cup)],
            hold_seconds=60,
        )
        clock.advance("inventory", 61)

        hold(mug.id)

        assert (counters(mug.id), counters(cup.id)) == ({"main": (1, 1, 0)}, {"main": (1, 0, 0)})

    def test_is_counted_when_there_is_not_enough_even_so(self) -> None:
        mug = a_variant(stock=3)
        hold(mug.id, 2)
        clock.advance("inventory", 61)

        with pytest.raises(InsufficientStock) as refusal:
            hold(mug.id, 4)

        assert refusal.value.shortages[0].available == 3
        assert states() == ["held"]

    def test_ends_when_it_is_released_late(self) -> None:
        mug = a_variant(stock=1)
        held = hold(mug.id)
        clock.advance("inventory", 61)

        summary = bound(InventoryApi).release_stock(order_id=held.order_id, reason="order_expired")

        assert summary.state is ReservationState.EXPIRED
        assert counters(mug.id) == {"main": (1, 0, 0)}

    @pytest.mark.parametrize(("wanted", "ended"), [(3, 20), (22, 25)])
    def test_ends_in_batches_until_the_next_buyer_has_enough(self, wanted: int, ended: int) -> None:
        mug = a_variant(stock=25)
        for _ in range(25):
            hold(mug.id)
        clock.advance("inventory", 61)

        hold(mug.id, wanted)

        assert states() == ["expired"] * ended + ["held"] * (26 - ended)
        assert findings() == []

    def test_is_named_by_the_audit_when_nobody_tidies_it(self) -> None:
        hold(a_variant(stock=1).id)

        clock.advance("inventory", 119)
        early = findings()
        clock.advance("inventory", 2)
        late = findings()

        assert early == []
        assert [finding.invariant for finding in late] == ["holds_end_in_time"]


@pytest.mark.usefixtures("committed")
class TestTheTimer:
    def test_ends_a_hold_that_nobody_else_wants(self) -> None:
        mug = a_variant(stock=1)
        held = hold(mug.id)
        relay.drain(["inventory"])
        before = states()

        clock.advance("inventory", 61)
        relay.drain(["inventory"])

        assert (before, states()) == (["held"], ["expired"])
        assert counters(mug.id) == {"main": (1, 0, 0)}
        assert list(
            LoggedEvent.objects.using("inventory")
            .filter(aggregate=held.reservation_id)
            .order_by("sequence")
            .values_list("name", flat=True)
        ) == ["inventory.stock_reserved.v1", "inventory.reservation_expired.v1"]

    def test_leaves_a_promise_alone(self) -> None:
        held = hold(a_variant(stock=1).id)
        bound(InventoryApi).commit_stock(order_id=held.order_id)

        clock.advance("inventory", 61)
        relay.drain(["inventory"])

        assert states() == ["committed"]
        assert Reservation.objects.get().due_at is None
