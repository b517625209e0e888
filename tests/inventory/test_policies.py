from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.api import ReservationLine, ReservationState
from inventory.policies import (
    PRODUCT,
    RESERVATION,
    Shelf,
    allocate,
    sold_as,
    state_at,
    summed_quantities,
    titled_by_options,
)
from shared_kernel.errors import InvalidStateTransition

NOW = datetime(2030, 1, 1, tzinfo=UTC)
MUG, CUP = UUID(int=1), UUID(int=2)


def shelves(*available: int) -> list[Shelf]:
    return [Shelf(level_id=UUID(int=number), available=units) for number, units in enumerate(available)]


class TestAllocating:
    @given(st.integers(1, 50), st.lists(st.integers(-5, 30), max_size=6))
    def test_gives_exactly_what_is_asked_or_nothing(self, quantity: int, available: list[int]) -> None:
        takings = allocate(quantity, shelves(*available))

        left = sum(max(units, 0) for units in available)
        if left < quantity:
            assert takings is None
        else:
            assert takings is not None
            assert sum(taking.quantity for taking in takings) == quantity
            assert all(0 < taking.quantity <= available[taking.level_id.int] for taking in takings)
            assert len({taking.level_id for taking in takings}) == len(takings)

    @given(st.integers(1, 50), st.lists(st.integers(0, 60), min_size=1, max_size=6))
    def test_never_splits_what_one_place_has(self, quantity: int, available: list[int]) -> None:
        takings = allocate(quantity, shelves(*available))

        if max(available) >= quantity:
            assert takings is not None
            assert len(takings) == 1

    def test_prefers_the_first_place_that_has_it_all_and_splits_in_order(self) -> None:
        whole, split = allocate(3, shelves(2, 5, 9)), allocate(6, shelves(2, 3, 4))

        assert whole is not None
        assert [(taking.level_id.int, taking.quantity) for taking in whole] == [(1, 3)]
        assert split is not None
        assert [(taking.level_id.int, taking.quantity) for taking in split] == [(0, 2), (1, 3), (2, 1)]


class TestSummingLines:
    @given(st.lists(st.tuples(st.sampled_from([MUG, CUP]), st.integers(1, 99))))
    def test_loses_nothing(self, wanted: list[tuple[UUID, int]]) -> None:
        summed = summed_quantities(ReservationLine(variant_id=variant, quantity=units) for variant, units in wanted)

        assert sum(summed.values()) == sum(units for _, units in wanted)
        assert set(summed) == {variant for variant, _ in wanted}


class TestTheStateOfAReservation:
    @pytest.mark.parametrize(
        ("state", "seconds_left", "read"),
        [
            (ReservationState.HELD, 1, ReservationState.HELD),
            (ReservationState.HELD, 0, ReservationState.EXPIRED),
            (ReservationState.HELD, -1, ReservationState.EXPIRED),
            (ReservationState.COMMITTED, -1, ReservationState.COMMITTED),
            (ReservationState.RELEASED, -1, ReservationState.RELEASED),
        ],
    )
    def test_is_expired_from_the_very_moment_the_hold_ends(
        self, state: ReservationState, seconds_left: int, read: ReservationState
    ) -> None:
        assert state_at(state, NOW + timedelta(seconds=seconds_left), NOW) is read

    def test_has_three_ends(self) -> None:
        ends = [state for state in RESERVATION.states if not RESERVATION.commands(state)]

        assert sorted(ends) == ["consumed", "expired", "released"]

    def test_never_expires_once_it_is_promised(self) -> None:
        with pytest.raises(InvalidStateTransition) as refusal:
            RESERVATION.target(ReservationState.COMMITTED, "expire")

        assert refusal.value.allowed_commands == ["consume", "release"]


class TestTheStateOfAProduct:
    def test_goes_back_and_forth(self) -> None:
        assert PRODUCT.target(PRODUCT.target("draft", "publish"), "unpublish") == "draft"


class TestNames:
    def test_say_the_options_of_a_variant_only_where_it_has_some(self) -> None:
        assert sold_as("Mug", titled_by_options({"Size": "L", "Color": "Blue"})) == "Mug (L / Blue)"
        assert sold_as("Mug", titled_by_options({})) == "Mug"
