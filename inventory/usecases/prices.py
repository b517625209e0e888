"""What variants cost: a new price ends the one before it at the same moment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from inventory.events import PriceSet
from inventory.models import INVENTORY, Price, Product, Variant
from inventory.policies import VariantNotFound
from shared_kernel import transactions
from shared_kernel.events import outbox
from shared_kernel.money import Money


def set_price(*, variant_id: UUID, price: Money, now: datetime) -> Price:
    """Sell a variant at this price from now on; the price it has already stays as it is.

    Raises:
        VariantNotFound: none has this id.
    """
    transactions.require(INVENTORY)
    variant = Variant.objects.filter(pk=variant_id).first()
    if variant is None:
        raise VariantNotFound
    product = Product.objects.locked(variant.product_id)
    changes = change_prices({variant_id: {price.currency: price.amount}}, product_id=product.id, now=now)
    if changes:
        product.updated_at = now
        product.save(update_fields=["updated_at"])
        outbox.record_all(changes, aggregate=product)
    return Price.objects.get(variant=variant, currency=price.currency, valid_to=None)


def change_prices(wanted: Mapping[UUID, Mapping[str, int]], *, product_id: UUID, now: datetime) -> list[PriceSet]:
    """Give variants of one locked product these prices, minor units by currency; the events are the caller's to record.

    Prices that are not named, and those that are so already, stay.
    """
    open_prices = {
        (price.variant_id, price.currency): price
        for price in Price.objects.filter(variant_id__in=list(wanted), valid_to=None)
    }
    ended, begun, changes = [], [], []
    for variant_id, amounts in wanted.items():
        for currency, amount in amounts.items():
            former = open_prices.get((variant_id, currency))
            if former is not None and former.amount == amount:
                continue
            changes.append(
                PriceSet(product_id=product_id, variant_id=variant_id, price=Money(amount=amount, currency=currency))
            )
            if former is not None and former.valid_from >= now:
                # Set in this very moment, or by a process whose clock is ahead: no period is left to keep.
                Price.objects.filter(pk=former.pk).update(amount=amount)
                continue
            if former is not None:
                ended.append(former.pk)
            begun.append(Price(variant_id=variant_id, currency=currency, amount=amount, valid_from=now))
    if ended:
        Price.objects.filter(pk__in=ended).update(valid_to=now)
    Price.objects.bulk_create(begun)
    return changes
