from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory.models import StockLevel, StockMovement
from inventory.policies import Bucket, MovementReason
from inventory.usecases.unit_moves import UnitMove, move_units
from shared_kernel.ids import new_id
from shared_kernel.transactions import NoTransaction
from tests.inventory.catalog import LONG_AGO, a_variant


def a_level(on_hand: int) -> StockLevel:
    return a_variant(str(new_id()), stock=on_hand).levels.get()


def move(level: StockLevel, *wanted: tuple[Bucket, int]) -> None:
    moves = [
        UnitMove(level_id=level.id, bucket=bucket, delta=delta, reason=MovementReason.RESERVED, reference=new_id())
        for bucket, delta in wanted
    ]
    move_units(moves, at=LONG_AGO)


class TestMovingUnits:
    @pytest.mark.django_db(databases="__all__")
    @pytest.mark.parametrize(
        ("bucket", "delta", "constraint"),
        [
            (Bucket.RESERVED, 6, "stock_level_is_never_oversold"),
            (Bucket.COMMITTED, -1, "stock_level_committed_is_not_negative"),
            (Bucket.ON_HAND, 500_000_000, "stock_level_on_hand_is_possible"),
        ],
    )
    def test_is_held_to_the_constraints_of_the_table(self, bucket: Bucket, delta: int, constraint: str) -> None:
        level = a_level(5)

        with pytest.raises(IntegrityError, match=constraint), transaction.atomic(using="inventory"):
            move(level, (bucket, delta))

        assert StockMovement.objects.filter(level=level).count() == 1

    @pytest.mark.django_db(databases="__all__")
    @settings(max_examples=25, deadline=None)
    @given(st.lists(st.tuples(st.sampled_from(Bucket), st.integers(-4, 4)), max_size=8))
    def test_keeps_counters_and_journal_equal(self, wanted: list[tuple[Bucket, int]]) -> None:
        level = a_level(200)
        move(level, (Bucket.RESERVED, 40), (Bucket.COMMITTED, 40))

        move(level, *wanted)

        level.refresh_from_db()
        for bucket in Bucket:
            deltas = StockMovement.objects.filter(level=level, bucket=bucket).values_list("delta", flat=True)
            assert sum(deltas) == getattr(level, bucket)

    @pytest.mark.usefixtures("committed")
    def test_wants_a_transaction(self) -> None:
        level = a_level(5)

        with pytest.raises(NoTransaction):
            move(level, (Bucket.RESERVED, 1))
