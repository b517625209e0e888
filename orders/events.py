"""The facts orders publishes, and which of them are public webhook events."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from shared_kernel.events import event
from shared_kernel.money import Money

__all__ = [
    "PUBLIC_NAMES",
    "OrderCanceled",
    "OrderConfirmed",
    "OrderExpired",
    "OrderPaymentChanged",
    "OrderPaymentRequested",
    "OrderPlaced",
    "PlacedLine",
]


@dataclass(frozen=True, kw_only=True)
class PlacedLine:
    """One line of an order as it was placed."""

    variant_id: UUID
    quantity: int
    unit_price: Money


@event("orders.order_placed.v1")
@dataclass(frozen=True, kw_only=True)
class OrderPlaced:
    """A buyer placed an order; its stock is held and its payment begins."""

    order_id: UUID
    number: str
    customer_id: UUID | None
    total: Money
    lines: list[PlacedLine]


@event("orders.order_payment_requested.v1")
@dataclass(frozen=True, kw_only=True)
class OrderPaymentRequested:
    """The buyer pays again after a decline, by a new payment."""

    order_id: UUID
    payment_id: UUID


@event("orders.order_payment_changed.v1")
@dataclass(frozen=True, kw_only=True)
class OrderPaymentChanged:
    """The buyer sees another payment status, or money moved; `captured` and `refunded` are the sums since placing."""

    order_id: UUID
    payment_id: UUID | None
    payment_status: str
    captured: Money
    refunded: Money


@event("orders.order_confirmed.v1")
@dataclass(frozen=True, kw_only=True)
class OrderConfirmed:
    """Stock is promised and money is ours: the order will be fulfilled."""

    order_id: UUID


@event("orders.order_canceled.v1")
@dataclass(frozen=True, kw_only=True)
class OrderCanceled:
    """The order was called off; `reason` is a code, `actor` the kind of principal that did it."""

    order_id: UUID
    reason: str
    actor: str


@event("orders.order_expired.v1")
@dataclass(frozen=True, kw_only=True)
class OrderExpired:
    """The order was not paid within its window."""

    order_id: UUID
    reason: str


PUBLIC_NAMES = {
    OrderPlaced: "order.placed",
    OrderConfirmed: "order.confirmed",
    OrderCanceled: "order.canceled",
    OrderExpired: "order.expired",
}
