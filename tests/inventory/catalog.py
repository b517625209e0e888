"""A catalog for tests: products, prices and stock written straight into the tables."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from inventory.models import Location, Price, Product, StockLevel, StockMovement, Variant
from inventory.policies import Bucket, Publication
from shared_kernel.ids import new_id

LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)


def a_location(code: str = "main", *, position: int = 1) -> Location:
    """A place for stock."""
    return Location.objects.get_or_create(code=code, defaults={"name": code.title(), "position": position})[0]


def a_variant(
    sku: str = "mug",
    *,
    stock: int | dict[str, int] | None = None,
    prices: dict[str, int] | None = None,
    published: bool = True,
    title: str = "",
    product_title: str = "Mug",
) -> Variant:
    """A variant of a product of its own; `stock` is units on hand, at `main` or by location code."""
    product = Product.objects.create(
        handle=sku,
        title=product_title,
        publication=Publication.PUBLISHED if published else Publication.DRAFT,
        created_at=LONG_AGO,
        updated_at=LONG_AGO,
    )
    variant = Variant.objects.create(product=product, sku=sku, title=title)
    for currency, amount in ({"EUR": 1999} if prices is None else prices).items():
        Price.objects.create(variant=variant, currency=currency, amount=amount, valid_from=LONG_AGO)
    for position, (code, on_hand) in enumerate((stock if isinstance(stock, dict) else {"main": stock or 0}).items()):
        a_level(variant, a_location(code, position=position), on_hand)
    return variant


def a_level(variant: Variant, location: Location, on_hand: int, *, safety_stock: int = 0) -> StockLevel:
    """Units on hand, with the movement that brought them."""
    level = StockLevel.objects.create(
        variant=variant, location=location, on_hand=on_hand, safety_stock=safety_stock, updated_at=LONG_AGO
    )
    if on_hand:
        StockMovement.objects.create(
            level=level,
            bucket=Bucket.ON_HAND,
            delta=on_hand,
            reason="received",
            reference=new_id(),
            actor="system",
            at=LONG_AGO,
        )
    return level


def counters(variant_id: UUID) -> dict[str, tuple[int, int, int]]:
    """On hand, reserved and committed units by location code."""
    return {
        level.location.code: (level.on_hand, level.reserved, level.committed)
        for level in StockLevel.objects.filter(variant_id=variant_id).select_related("location")
    }


def later(**amount: float) -> datetime:
    """A moment that many units after now."""
    return datetime.now(UTC) + timedelta(**amount)
