"""Changing the units on hand by hand or import: by a difference, or to a number that was counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import F

from inventory.api import UnknownVariants
from inventory.events import StockAdjusted
from inventory.models import INVENTORY, Location, StockAdjustment, StockLevel, Variant
from inventory.policies import (
    MAX_UNITS,
    AdjustmentReason,
    Bucket,
    StockPromised,
    TooManyUnits,
    UnknownLocation,
)
from inventory.usecases.unit_moves import UnitMove, move_units
from shared_kernel import transactions
from shared_kernel.events import outbox

Place = tuple[UUID, UUID]  # variant and location


def adjust_stock(
    *, variant_id: UUID, location_id: UUID, delta: int, reason: AdjustmentReason, now: datetime
) -> StockAdjustment:
    """Add `delta` units to what is on hand at a location, or take them away; the level is made if there is none.

    Raises:
        UnknownVariants: no variant has this id.
        UnknownLocation: no location has this id.
        StockPromised: fewer units would be left than are promised or kept back.
        TooManyUnits: more than a stock level counts.
    """
    transactions.require(INVENTORY)
    if not Variant.objects.filter(pk=variant_id).exists():
        raise UnknownVariants(variant_ids=[variant_id])
    if not Location.objects.filter(pk=location_id).exists():
        raise UnknownLocation
    _make_levels([(variant_id, location_id)], now=now)
    level = StockLevel.objects.filter(variant_id=variant_id, location_id=location_id).locked().get()
    return _change([(level, delta)], reason=reason, now=now)[0]


def set_level(level: StockLevel, *, on_hand: int, safety_stock: int, now: datetime) -> StockLevel:
    """Set what was counted on one locked stock level, and how much of it is kept back.

    Raises:
        StockPromised: fewer units would be left than are promised or kept back.
        TooManyUnits: more than a stock level counts.
    """
    transactions.require(INVENTORY)
    if max(on_hand, safety_stock) > MAX_UNITS:
        raise TooManyUnits
    if on_hand < level.reserved + level.committed + safety_stock:
        raise StockPromised(sku=level.variant.sku, available=level.available)
    if safety_stock < level.safety_stock:
        _keep_back(level, safety_stock, now)
    _change([(level, on_hand - level.on_hand)], reason=AdjustmentReason.COUNTED, now=now)
    if safety_stock > level.safety_stock:
        _keep_back(level, safety_stock, now)
    level.refresh_from_db()
    return level


def count_stock(counted: Mapping[Place, int], *, reason: AdjustmentReason, now: datetime) -> bool:
    """Set the units on hand of several levels to what was counted, making levels that are missing.

    Answers whether anything changed.

    Raises:
        StockPromised: fewer units would be left of one than are promised or kept back.
        TooManyUnits: more than a stock level counts.
    """
    transactions.require(INVENTORY)
    known = _on_hand(counted)
    missing = [place for place in counted if place not in known]
    _make_levels(missing, now=now)
    differing = [place for place, units in counted.items() if known.get(place, 0) != units]
    if differing:
        levels = StockLevel.objects.locked_for({variant_id for variant_id, _ in differing})
        by_place = {(level.variant_id, level.location_id): level for level in levels}
        changes = [(by_place[place], counted[place] - by_place[place].on_hand) for place in differing]
        _change(changes, reason=reason, now=now)
    return bool(missing or differing)


def _on_hand(places: Iterable[Place]) -> dict[Place, int]:
    rows = StockLevel.objects.filter(variant_id__in={variant_id for variant_id, _ in places})
    return {
        (variant_id, location_id): on_hand
        for variant_id, location_id, on_hand in rows.values_list("variant_id", "location_id", "on_hand")
    }


def _make_levels(places: Iterable[Place], *, now: datetime) -> None:
    # Two may count the same new place at once; the second finds the level of the first.
    StockLevel.objects.bulk_create(
        [
            StockLevel(variant_id=variant_id, location_id=location_id, updated_at=now)
            for variant_id, location_id in places
        ],
        ignore_conflicts=True,
    )


def _change(
    changes: Sequence[tuple[StockLevel, int]], *, reason: AdjustmentReason, now: datetime
) -> list[StockAdjustment]:
    """Change locked levels by so many units each."""
    for level, delta in changes:
        if level.on_hand + delta > MAX_UNITS:
            raise TooManyUnits
        if level.available + delta < 0:
            raise StockPromised(sku=level.variant.sku, available=level.available)
    adjustments = StockAdjustment.objects.bulk_create(
        [
            StockAdjustment(level=level, delta=delta, reason=reason, created_at=now, updated_at=now)
            for level, delta in changes
            if delta
        ]
    )
    for adjustment in adjustments:
        outbox.record(
            StockAdjusted(
                variant_id=adjustment.level.variant_id,
                location_id=adjustment.level.location_id,
                delta=adjustment.delta,
                reason=reason.value,
            ),
            aggregate=adjustment,
        )
    move_units(
        [
            UnitMove(
                level_id=adjustment.level_id,
                bucket=Bucket.ON_HAND,
                delta=adjustment.delta,
                reason=reason,
                reference=adjustment.id,
            )
            for adjustment in adjustments
        ],
        at=now,
    )
    return adjustments


def _keep_back(level: StockLevel, safety_stock: int, now: datetime) -> None:
    level.safety_stock = safety_stock
    StockLevel.objects.filter(pk=level.pk).update(safety_stock=safety_stock, version=F("version") + 1, updated_at=now)
