"""What a request for stock would get right now: description, price and units left of each variant, without a lock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connections

from inventory.api import (
    CurrencyNotOffered,
    InsufficientStock,
    PriceChanged,
    ReservationLine,
    Shortage,
    UnknownVariants,
    VariantPrice,
)
from inventory.models import INVENTORY
from inventory.policies import sold_as
from shared_kernel.money import Money

# One statement on the hot path of every order. Holds that have run out count as left: reserving takes them back first.
_QUOTE = """
select v.id, v.product_id, v.sku, p.title, v.title, price.amount,
       coalesce((select sum(l.on_hand - l.reserved - l.committed - l.safety_stock)
                 from inventory_stocklevel l where l.variant_id = v.id), 0),
       coalesce((select sum(line.quantity)
                 from inventory_reservation r
                 join inventory_reservationline line on line.reservation_id = r.id and line.variant_id = v.id
                 where r.state = 'held' and r.expires_at <= %(now)s), 0)
from inventory_variant v
join inventory_product p on p.id = v.product_id and p.publication = 'published'
left join inventory_price price
  on price.variant_id = v.id and price.currency = %(currency)s
 and price.valid_from <= %(now)s and (price.valid_to is null or price.valid_to > %(now)s)
where v.id = any(%(variants)s::uuid[])
"""


@dataclass(frozen=True, kw_only=True)
class Quote:
    """One variant as it is sold now; `free` units are on the shelves, `lapsed` ones in holds that have run out."""

    variant_id: UUID
    product_id: UUID
    sku: str
    title: str
    unit_price: Money | None
    free: int
    lapsed: int

    @property
    def left(self) -> int:
        """Units that could be held."""
        return max(self.free, 0) + self.lapsed


def quote(*, variant_ids: Iterable[UUID], currency: str, now: datetime) -> dict[UUID, Quote]:
    """The quotes of those of the variants that are for sale."""
    with connections[INVENTORY].cursor() as cursor:
        cursor.execute(_QUOTE, {"variants": list(variant_ids), "currency": currency, "now": now})
        rows = cursor.fetchall()
    return {
        variant_id: Quote(
            variant_id=variant_id,
            product_id=product_id,
            sku=sku,
            title=sold_as(product_title, variant_title),
            unit_price=None if amount is None else Money(amount=amount, currency=currency),
            free=int(free),
            lapsed=int(lapsed),
        )
        for variant_id, product_id, sku, product_title, variant_title, amount, free, lapsed in rows
    }


def refuse_unsellable(quotes: dict[UUID, Quote], *, wanted: dict[UUID, int], currency: str) -> None:
    """Make sure that every variant asked for is for sale in this currency.

    Raises:
        UnknownVariants: some are not for sale.
        CurrencyNotOffered: some have no price in it.
    """
    unknown = [variant_id for variant_id in wanted if variant_id not in quotes]
    if unknown:
        raise UnknownVariants(variant_ids=unknown)
    unpriced = [variant_id for variant_id in wanted if quotes[variant_id].unit_price is None]
    if unpriced:
        raise CurrencyNotOffered(currency=currency, variant_ids=unpriced)


def refuse_other_prices(quotes: dict[UUID, Quote], lines: Iterable[ReservationLine]) -> None:
    """Make sure that the prices are those the buyer saw, where the lines say which.

    Raises:
        PriceChanged: names the present price of each variant that costs something else.
    """
    changed = {
        line.variant_id: quotes[line.variant_id].unit_price
        for line in lines
        if line.expected_unit_price is not None and line.expected_unit_price != quotes[line.variant_id].unit_price
    }
    if changed:
        raise PriceChanged(
            prices=[
                VariantPrice(variant_id=variant_id, unit_price=price)
                for variant_id, price in changed.items()
                if price is not None
            ]
        )


def refuse_shortages(left: dict[UUID, int], *, wanted: dict[UUID, int]) -> None:
    """Make sure that there is enough of everything.

    Raises:
        InsufficientStock: names each variant that falls short and the units left of it.
    """
    shortages = [
        Shortage(variant_id=variant_id, requested=quantity, available=left.get(variant_id, 0))
        for variant_id, quantity in wanted.items()
        if quantity > left.get(variant_id, 0)
    ]
    if shortages:
        raise InsufficientStock(shortages=shortages)
