"""The front door of inventory: other contexts import this module and inventory.events, nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from shared_kernel.errors import Invalid, NotFound, Rejected
from shared_kernel.facades import command, query
from shared_kernel.money import Money

__all__ = [
    "CurrencyNotOffered",
    "InsufficientStock",
    "InvalidReservation",
    "InventoryApi",
    "PriceChanged",
    "ReservationEnded",
    "ReservationLine",
    "ReservationNotFound",
    "ReservationState",
    "ReservationSummary",
    "ReservedLine",
    "Shortage",
    "UnknownVariants",
    "VariantPrice",
]


class ReservationState(StrEnum):
    """Where a hold on stock stands."""

    ACTIVE = "active"
    HELD = "held"
    COMMITTED = "committed"
    CONSUMED = "consumed"
    RELEASED = "released"
    EXPIRED = "expired"


@dataclass(frozen=True, kw_only=True)
class ReservationLine:
    """What a buyer asks for; `expected_unit_price` is checked where it is given."""

    variant_id: UUID
    quantity: int
    expected_unit_price: Money | None = None


@dataclass(frozen=True, kw_only=True)
class ReservedLine:
    """What is held, described as it is sold at this moment."""

    variant_id: UUID
    product_id: UUID
    sku: str
    title: str
    quantity: int
    unit_price: Money


@dataclass(frozen=True, kw_only=True)
class ReservationSummary:
    """A hold on stock for one order, whole or not at all; `expires_at` only while it can still run out."""

    reservation_id: UUID
    order_id: UUID
    state: ReservationState
    currency: str
    lines: list[ReservedLine]
    expires_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Shortage:
    """One variant that fell short: asked for and left, in units."""

    variant_id: UUID
    requested: int
    available: int


@dataclass(frozen=True, kw_only=True)
class VariantPrice:
    """What one unit of a variant costs now."""

    variant_id: UUID
    unit_price: Money


@dataclass(kw_only=True, eq=False)
class InsufficientStock(Rejected):
    """At least one line asks for more than is left."""

    code = "insufficient_stock"
    summary = "There is not enough stock for every line."

    shortages: list[Shortage]


@dataclass(kw_only=True, eq=False)
class UnknownVariants(Invalid):
    """These variants do not exist or are not for sale."""

    code = "unknown_variants"
    summary = "Some variants do not exist or are not for sale."

    variant_ids: list[UUID]


@dataclass(kw_only=True, eq=False)
class CurrencyNotOffered(Invalid):
    """These variants have no price in the currency asked for."""

    code = "currency_not_offered"
    summary = "Some variants have no price in {currency}."

    currency: str
    variant_ids: list[UUID]


@dataclass(kw_only=True, eq=False)
class PriceChanged(Rejected):
    """The price is no longer the one the buyer saw."""

    code = "price_changed"
    summary = "The price of some variants has changed."

    prices: list[VariantPrice]


@dataclass(kw_only=True, eq=False)
class InvalidReservation(Invalid):
    """The request for a hold is out of bounds in itself."""

    code = "invalid_reservation"
    summary = "A reservation takes 1 to 100 lines, whole positive quantities and a hold of 1 second to 31 days."


@dataclass(kw_only=True, eq=False)
class ReservationNotFound(NotFound):
    """No stock was ever held for this order."""

    code = "reservation_not_found"
    summary = "No stock is held for this order."

    order_id: UUID


@dataclass(kw_only=True, eq=False)
class ReservationEnded(Rejected):
    """The hold is over, so it can no longer be committed or consumed."""

    code = "reservation_ended"
    summary = "The hold on stock for this order is {state}."

    order_id: UUID
    state: ReservationState


class InventoryApi(Protocol):
    """What orders may ask of inventory; every command may be repeated with the same order id."""

    @command
    def reserve_stock(
        self, *, order_id: UUID, currency: str, lines: list[ReservationLine], hold_seconds: int
    ) -> ReservationSummary:
        """Price and hold stock for an order in one step, all lines or none.

        A repeat for the same order answers with the hold as it is now and changes nothing.

        Raises:
            InvalidReservation: not 1 to 100 lines, a quantity below 1, or a hold of less than a second or over 31 days.
            InsufficientStock: names each variant that fell short and how many units are left.
            UnknownVariants: some variants do not exist or are not for sale.
            CurrencyNotOffered: some variants have no price in this currency.
            PriceChanged: an expected price is no longer the price.
        """

    @command
    def commit_stock(self, *, order_id: UUID) -> ReservationSummary:
        """Turn the hold into a promise: the order is confirmed. Committed or consumed stays as it is.

        Raises:
            ReservationNotFound: nothing was ever held.
            ReservationEnded: the hold was released or has expired.
        """

    @command
    def release_stock(self, *, order_id: UUID, reason: str) -> ReservationSummary:
        """Give held or committed stock back. An ended hold stays as it is.

        Raises:
            ReservationNotFound: nothing was ever held.
            ReservationEnded: it was consumed, so there is nothing left to give back.
        """

    @command
    def consume_stock(self, *, order_id: UUID) -> ReservationSummary:
        """Take committed stock off the shelf: the order has shipped.

        Raises:
            ReservationNotFound: nothing was ever held.
            ReservationEnded: the hold is not committed any more.
        """

    @query
    def get_reservation(self, *, order_id: UUID) -> ReservationSummary:
        """The hold for an order as it is now; an expired one reads as expired.

        Raises:
            ReservationNotFound: nothing was ever held.
        """
