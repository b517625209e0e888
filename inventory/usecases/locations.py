"""The places where stock is kept."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from inventory.models import INVENTORY, Location
from shared_kernel import transactions


def ensure_location(*, code: str, name: str) -> UUID:
    """The id of the location of this code, made as the last choice for allocations if there is none."""
    transactions.require(INVENTORY)
    defaults = {"name": name, "position": 1 + Location.objects.count()}
    location, _ = Location.objects.get_or_create(code=code, defaults=defaults)
    return location.id


def known_locations(codes: Iterable[str]) -> dict[str, UUID]:
    """The ids of those of these codes that exist."""
    return dict(Location.objects.filter(code__in=list(codes)).values_list("code", "id"))
