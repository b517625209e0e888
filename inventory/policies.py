"""What inventory decides without looking anything up: life cycles, availability, allocation, and how it refuses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from inventory.api import ReservationLine, ReservationState
from shared_kernel.errors import Invalid, NotFound, Rejected
from shared_kernel.state_machine import StateMachine, Transition

# The most units one bucket may hold: three of them still fit PostgreSQL's integer.
MAX_UNITS = 500_000_000

# What may name a product in a path: no blanks, no slashes.
HANDLE_PATTERN = r"[^\s/]{1,200}"

# The most lines one reservation may have, and how long at most it may hold stock, in seconds.
MAX_LINES = 100
MAX_HOLD_SECONDS = 31 * 24 * 3600

# The most variants one product may have: it is always shown with all of them.
MAX_VARIANTS = 250


class Publication(StrEnum):
    """Whether buyers see a product."""

    DRAFT = "draft"
    PUBLISHED = "published"


class Bucket(StrEnum):
    """The counters of a stock level that movements change; safety stock is a setting, not a counter."""

    ON_HAND = "on_hand"
    RESERVED = "reserved"
    COMMITTED = "committed"


class AdjustmentReason(StrEnum):
    """Why staff change the units on hand."""

    RECEIVED = "received"
    COUNTED = "counted"
    DAMAGED = "damaged"
    LOST = "lost"
    RETURNED = "returned"
    CORRECTED = "corrected"
    IMPORTED = "imported"


# What staff may choose from.
STAFF_REASONS = [reason for reason in AdjustmentReason if reason is not AdjustmentReason.IMPORTED]


class MovementReason(StrEnum):
    """Why units move between buckets on behalf of an order."""

    RESERVED = "reserved"
    COMMITTED = "committed"
    CONSUMED = "consumed"
    RELEASED = "released"
    EXPIRED = "expired"


RESERVATION = StateMachine(
    resource="reservation",
    initial=ReservationState.HELD,
    transitions=(
        Transition(command="commit", sources=(ReservationState.HELD,), target=ReservationState.COMMITTED),
        Transition(command="consume", sources=(ReservationState.COMMITTED,), target=ReservationState.CONSUMED),
        Transition(
            command="release",
            sources=(ReservationState.HELD, ReservationState.COMMITTED),
            target=ReservationState.RELEASED,
        ),
        Transition(command="expire", sources=(ReservationState.HELD,), target=ReservationState.EXPIRED),
    ),
)

PRODUCT = StateMachine(
    resource="product",
    initial=Publication.DRAFT,
    transitions=(
        Transition(
            command="publish",
            sources=(Publication.DRAFT,),
            target=Publication.PUBLISHED,
            actors=("staff", "service", "system"),
        ),
        Transition(
            command="unpublish",
            sources=(Publication.PUBLISHED,),
            target=Publication.DRAFT,
            actors=("staff", "service", "system"),
        ),
    ),
)

# Which counter the units of a reservation are in; in every other state they are in none.
BUCKET_OF_STATE = {ReservationState.HELD: Bucket.RESERVED, ReservationState.COMMITTED: Bucket.COMMITTED}


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """What one stock level could give: `available` units of a variant at one location."""

    level_id: UUID
    available: int


@dataclass(frozen=True, kw_only=True)
class Taking:
    """How many units are taken from one stock level."""

    level_id: UUID
    quantity: int


def available_units(*, on_hand: int, reserved: int, committed: int, safety_stock: int) -> int:
    """How many units of a stock level can still be sold."""
    return on_hand - reserved - committed - safety_stock


def state_at(state: ReservationState, expires_at: datetime | None, now: datetime) -> ReservationState:
    """The state of a reservation as it reads at `now`: a hold that has run out is expired, tidied up or not."""
    if state is ReservationState.HELD and expires_at is not None and expires_at <= now:
        return ReservationState.EXPIRED
    return state


def summed_quantities(lines: Iterable[ReservationLine]) -> dict[UUID, int]:
    """Units by variant, in the order in which the variants are first named."""
    quantities: dict[UUID, int] = {}
    for line in lines:
        quantities[line.variant_id] = quantities.get(line.variant_id, 0) + line.quantity
    return quantities


def allocate(quantity: int, shelves: Sequence[Shelf]) -> list[Taking] | None:
    """Choose the shelves that give `quantity` units: the first that has all of them, else several in their order.

    None when they do not have that many together. `shelves` come in order of preference.
    """
    for shelf in shelves:
        if shelf.available >= quantity:
            return [Taking(level_id=shelf.level_id, quantity=quantity)]
    takings = []
    missing = quantity
    for shelf in shelves:
        taken = min(missing, max(shelf.available, 0))
        if taken:
            takings.append(Taking(level_id=shelf.level_id, quantity=taken))
            missing -= taken
    return takings if missing == 0 else None


def titled_by_options(options: Mapping[str, str]) -> str:
    """What tells a variant from its siblings, in a few words: "L / Blue"; empty for the only one."""
    return " / ".join(options.values())


def sold_as(product_title: str, variant_title: str) -> str:
    """How a variant is called where it stands alone: on an order line, in a mail."""
    return f"{product_title} ({variant_title})" if variant_title else product_title


@dataclass(kw_only=True, eq=False)
class ProductNotFound(NotFound):
    """No product has this id, or buyers do not see it."""

    code = "product_not_found"
    summary = "There is no such product."


@dataclass(kw_only=True, eq=False)
class VariantNotFound(NotFound):
    """No variant has this id, or buyers do not see its product."""

    code = "variant_not_found"
    summary = "There is no such variant."


@dataclass(kw_only=True, eq=False)
class StockLevelNotFound(NotFound):
    """No stock level has this id."""

    code = "stock_level_not_found"
    summary = "There is no such stock level."


@dataclass(kw_only=True, eq=False)
class ReservationUnknown(NotFound):
    """No reservation has this id."""

    code = "reservation_unknown"
    summary = "There is no such reservation."


@dataclass(kw_only=True, eq=False)
class UnknownLocation(Invalid):
    """No location has this id."""

    code = "unknown_location"
    summary = "There is no such location."


@dataclass(kw_only=True, eq=False)
class HandleTaken(Rejected):
    """Another product has this handle."""

    code = "handle_taken"
    summary = "Another product has the handle {handle}."

    handle: str


@dataclass(kw_only=True, eq=False)
class SkuTaken(Rejected):
    """Another variant has this SKU."""

    code = "sku_taken"
    summary = "Another variant has the SKU {sku}."

    sku: str


@dataclass(kw_only=True, eq=False)
class OptionsRepeat(Rejected):
    """Two variants of a product would be told apart by nothing."""

    code = "options_repeat"
    summary = "Another variant of the product has the same options as {sku}."

    sku: str


@dataclass(kw_only=True, eq=False)
class TooManyVariants(Invalid):
    """A product would have more variants than can be shown at once."""

    code = "too_many_variants"
    summary = "A product has at most {limit} variants."

    limit: int = MAX_VARIANTS


@dataclass(kw_only=True, eq=False)
class TitleMissing(Invalid):
    """A product that is new has no title."""

    code = "title_missing"
    summary = "A new product needs a title."


@dataclass(kw_only=True, eq=False)
class StockPromised(Rejected):
    """The change would leave fewer units on hand than are promised to orders or kept as safety stock."""

    code = "stock_promised"
    summary = "Units of {sku} that are promised to orders or kept back cannot be taken away; {available} are free."

    sku: str
    available: int


@dataclass(kw_only=True, eq=False)
class TooManyUnits(Invalid):
    """No stock level counts that many units."""

    code = "too_many_units"
    summary = "A stock level counts at most {limit} units."

    limit: int = MAX_UNITS
