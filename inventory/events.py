"""The facts inventory publishes, and which of them are public webhook events."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from shared_kernel.events import event
from shared_kernel.money import Money

__all__ = [
    "PUBLIC_NAMES",
    "PriceSet",
    "ProductCreated",
    "ProductUpdated",
    "ReservationExpired",
    "ReservedUnits",
    "StockAdjusted",
    "StockCommitted",
    "StockConsumed",
    "StockReleased",
    "StockReserved",
]


@dataclass(frozen=True, kw_only=True)
class ReservedUnits:
    """How many units of a variant a reservation covers."""

    variant_id: UUID
    quantity: int


@event("inventory.stock_reserved.v1")
@dataclass(frozen=True, kw_only=True)
class StockReserved:
    """Stock is held for an order."""

    reservation_id: UUID
    order_id: UUID
    units: list[ReservedUnits]


@event("inventory.stock_committed.v1")
@dataclass(frozen=True, kw_only=True)
class StockCommitted:
    """The held stock is promised to a confirmed order."""

    reservation_id: UUID
    order_id: UUID


@event("inventory.stock_released.v1")
@dataclass(frozen=True, kw_only=True)
class StockReleased:
    """Stock went back on sale by command; `reason` is a code."""

    reservation_id: UUID
    order_id: UUID
    reason: str


@event("inventory.stock_consumed.v1")
@dataclass(frozen=True, kw_only=True)
class StockConsumed:
    """The promised stock left the shelf."""

    reservation_id: UUID
    order_id: UUID


@event("inventory.reservation_expired.v1")
@dataclass(frozen=True, kw_only=True)
class ReservationExpired:
    """The hold ran out before it was committed."""

    reservation_id: UUID
    order_id: UUID


@event("inventory.stock_adjusted.v1")
@dataclass(frozen=True, kw_only=True)
class StockAdjusted:
    """Units on hand of one variant at one location changed by hand or import; the aggregate is the adjustment."""

    variant_id: UUID
    location_id: UUID
    delta: int
    reason: str


@event("inventory.product_created.v1")
@dataclass(frozen=True, kw_only=True)
class ProductCreated:
    """A product entered the catalog."""

    product_id: UUID


@event("inventory.product_updated.v1")
@dataclass(frozen=True, kw_only=True)
class ProductUpdated:
    """A product or one of its variants changed."""

    product_id: UUID


@event("inventory.price_set.v1")
@dataclass(frozen=True, kw_only=True)
class PriceSet:
    """A variant costs this from now on; the aggregate is the product."""

    product_id: UUID
    variant_id: UUID
    price: Money


PUBLIC_NAMES = {
    ReservationExpired: "reservation.expired",
    StockAdjusted: "stock.adjusted",
    ProductCreated: "product.created",
    ProductUpdated: "product.updated",
    PriceSet: "price.changed",
}
