"""How many units there are, where, and every change of that: locations, stock levels, adjustments, movements."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import F, Q

from inventory.models.catalog import Variant
from inventory.policies import MAX_UNITS, AdjustmentReason, Bucket, MovementReason, StockLevelNotFound, available_units
from shared_kernel.ids import new_id
from shared_kernel.models import Aggregate


class Location(models.Model):
    """A place where stock is kept; those with a lower `position` are asked first."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.CharField(max_length=50)
    name = models.CharField(max_length=200)
    position = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code"], name="location_code_is_unique"),
            models.CheckConstraint(condition=~Q(code=""), name="location_has_code"),
        ]


class StockLevelQuerySet(models.QuerySet["StockLevel"]):
    """Questions asked of stock levels."""

    def locked(self) -> StockLevelQuerySet:
        """Lock the levels in the one order that all transactions keep, (variant, location), with their locations."""
        return (
            self.select_related("location")
            .select_for_update(of=("self",), no_key=True)
            .order_by("variant_id", "location_id")
        )

    def get_one(self, level_id: UUID) -> StockLevel:
        """One level.

        Raises:
            StockLevelNotFound: none has this id.
        """
        level = self.filter(pk=level_id).first()
        if level is None:
            raise StockLevelNotFound
        return level

    def locked_for(self, variant_ids: Iterable[UUID], *, also: Iterable[UUID] = ()) -> list[StockLevel]:
        """All levels of these variants and the levels of the ids in `also`, locked."""
        wanted = Q(variant_id__in=list(variant_ids))
        others = list(also)
        return list(self.filter(wanted | Q(pk__in=others) if others else wanted).locked())


class StockLevel(models.Model):
    """The units of one variant at one location.

    `on_hand` lie on the shelf; of these `reserved` are held and `committed` promised to orders, and `safety_stock` is
    kept back. `version` grows with every change: it is the strong ETag of the resource.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    variant = models.ForeignKey(Variant, on_delete=models.PROTECT, related_name="levels", db_index=False)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="levels")
    on_hand = models.IntegerField(default=0)
    reserved = models.IntegerField(default=0)
    committed = models.IntegerField(default=0)
    safety_stock = models.IntegerField(default=0)
    version = models.PositiveIntegerField(default=0, editable=False)
    updated_at = models.DateTimeField()

    objects = StockLevelQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["variant", "location"], name="stock_level_is_unique"),
            models.CheckConstraint(
                condition=Q(on_hand__gte=0, on_hand__lte=MAX_UNITS), name="stock_level_on_hand_is_possible"
            ),
            models.CheckConstraint(condition=Q(reserved__gte=0), name="stock_level_reserved_is_not_negative"),
            models.CheckConstraint(condition=Q(committed__gte=0), name="stock_level_committed_is_not_negative"),
            models.CheckConstraint(condition=Q(safety_stock__gte=0), name="stock_level_safety_stock_is_not_negative"),
            models.CheckConstraint(
                condition=Q(on_hand__gte=F("reserved") + F("committed") + F("safety_stock")),
                name="stock_level_is_never_oversold",
            ),
        ]

    @property
    def available(self) -> int:
        """Units that can still be sold from here."""
        return available_units(
            on_hand=self.on_hand,
            reserved=self.reserved,
            committed=self.committed,
            safety_stock=self.safety_stock,
        )


class StockAdjustment(Aggregate):
    """One change of the units on hand by staff or import: the aggregate of its one event."""

    level = models.ForeignKey(StockLevel, on_delete=models.PROTECT, related_name="adjustments", db_index=False)
    delta = models.IntegerField()
    reason = models.CharField(max_length=20)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(delta=0), name="stock_adjustment_changes_something"),
            models.CheckConstraint(
                condition=Q(reason__in=list(map(str, AdjustmentReason))), name="stock_adjustment_reason_is_known"
            ),
        ]


class StockMovement(models.Model):
    """One change of one bucket, never edited: the sum of the movements of a bucket is its counter.

    `reference` is the id of the reservation or adjustment behind it, `actor` the principal ("staff:…", "system").
    """

    app_privileges: ClassVar[tuple[str, ...]] = ("SELECT", "INSERT")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    level = models.ForeignKey(StockLevel, on_delete=models.PROTECT, related_name="movements", db_index=False)
    bucket = models.CharField(max_length=20)
    delta = models.IntegerField()
    reason = models.CharField(max_length=20)
    reference = models.UUIDField()
    actor = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["at", "id"], name="stock_movement_by_time"),
            models.Index(fields=["level", "at", "id"], name="stock_movement_by_level"),
            models.Index(fields=["reference"], name="stock_movement_by_reference"),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(delta=0), name="stock_movement_moves_something"),
            models.CheckConstraint(
                condition=Q(bucket__in=list(map(str, Bucket))), name="stock_movement_bucket_is_known"
            ),
            models.CheckConstraint(
                condition=Q(reason__in=[*map(str, MovementReason), *map(str, AdjustmentReason)]),
                name="stock_movement_reason_is_known",
            ),
        ]
