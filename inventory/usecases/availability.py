"""How many units of a variant could be sold now, in total and place by place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Sum

from inventory.models import Location, ReservationAllocation, StockLevel
from inventory.models.reservations import HELD


@dataclass(frozen=True, kw_only=True)
class PlaceAvailability:
    """Units that one location could give."""

    location: Location
    available: int


@dataclass(frozen=True, kw_only=True)
class VariantAvailability:
    """Units that all locations could give; `version` changes with whatever changes one of them by a write."""

    variant_id: UUID
    version: int
    places: list[PlaceAvailability]

    @property
    def available(self) -> int:
        """Units in total."""
        return sum(place.available for place in self.places)


def available_units_of(variant_id: UUID, *, now: datetime) -> VariantAvailability:
    """What is left of a variant; holds that have run out by `now` count as left."""
    levels = list(
        StockLevel.objects.filter(variant_id=variant_id)
        .select_related("location")
        .order_by("location__position", "location_id")
    )
    lapsed = dict(
        ReservationAllocation.objects.filter(
            level__in=levels, line__reservation__state=HELD, line__reservation__expires_at__lte=now
        )
        .values_list("level_id")
        .annotate(Sum("quantity"))
    )
    return VariantAvailability(
        variant_id=variant_id,
        version=sum(level.version for level in levels),
        places=[
            PlaceAvailability(location=level.location, available=level.available + lapsed.get(level.id, 0))
            for level in levels
        ],
    )
