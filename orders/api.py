"""The front door of orders: other contexts import this module and orders.events, nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from shared_kernel.errors import Invalid, NotFound
from shared_kernel.facades import command, query
from shared_kernel.money import Money

__all__ = ["OrderNotFound", "OrderStatus", "OrderSummary", "OrdersApi", "UnknownCancelReason"]


class OrderStatus(StrEnum):
    """Where an order stands."""

    PENDING_PAYMENT = "pending_payment"
    CONFIRMED = "confirmed"
    COMPLETED = "completed"
    CANCELED = "canceled"
    EXPIRED = "expired"


@dataclass(frozen=True, kw_only=True)
class OrderSummary:
    """An order without its lines and without personal data."""

    order_id: UUID
    number: str
    status: OrderStatus
    total: Money
    placed_at: datetime


@dataclass(kw_only=True, eq=False)
class OrderNotFound(NotFound):
    """No order has this id."""

    code = "order_not_found"
    summary = "There is no such order."

    order_id: UUID


@dataclass(kw_only=True, eq=False)
class UnknownCancelReason(Invalid):
    """The reason is not in the closed list, which holds no personal data."""

    code = "unknown_cancel_reason"
    summary = "This is not a reason for which an order is called off."

    allowed_reasons: list[str]


class OrdersApi(Protocol):
    """What the rest of the world may ask of orders."""

    @query
    def get_order(self, *, order_id: UUID) -> OrderSummary:
        """One order.

        Raises:
            OrderNotFound: no order has this id.
        """

    @command
    def cancel_order(self, *, order_id: UUID, reason: str) -> OrderSummary:
        """Call off an order that has not shipped; money and stock follow. A canceled order stays as it is.

        Raises:
            OrderNotFound: no order has this id.
            UnknownCancelReason: the reason is not one of the known codes.
            InvalidStateTransition: it is completed or has expired.
        """
