"""Writing a product as a sheet describes it: made if it is new, brought up to date where it differs, else untouched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import IntegrityError, transaction

from inventory.events import ProductCreated, ProductUpdated
from inventory.models import INVENTORY, Product, Variant
from inventory.policies import (
    MAX_VARIANTS,
    AdjustmentReason,
    HandleTaken,
    OptionsRepeat,
    Publication,
    SkuTaken,
    TitleMissing,
    TooManyVariants,
    titled_by_options,
)
from inventory.usecases.prices import change_prices
from inventory.usecases.stock_counts import count_stock
from shared_kernel import transactions
from shared_kernel.events import outbox


class Outcome(StrEnum):
    """What writing a sheet came to."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, kw_only=True)
class VariantSheet:
    """One variant: `prices` are minor units by currency, `stock` units on hand by location id; None is not said."""

    sku: str
    options: Mapping[str, str] | None = None
    prices: Mapping[str, int] = field(default_factory=dict)
    stock: Mapping[UUID, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ProductSheet:
    """One product and some or all of its variants; what is None, and every variant not named, stays as it is."""

    handle: str
    title: str | None = None
    description: str | None = None
    publication: Publication | None = None
    variants: Sequence[VariantSheet] = ()


def write_sheet(sheet: ProductSheet, *, now: datetime) -> Outcome:
    """Make the catalog say what the sheet says, all of it or nothing.

    A sheet that says nothing new leaves no trace: no row, version, event or movement changes.

    Raises:
        TitleMissing: the product is new and the sheet does not name it.
        HandleTaken: somebody else made a product of this handle at the same moment.
        SkuTaken: a variant of another product has one of the SKUs.
        OptionsRepeat: two variants of the product would have the same options.
        TooManyVariants: the product would have more than can be shown at once.
        StockPromised: fewer units would be left than are promised or kept back.
        TooManyUnits: more than a stock level counts.
    """
    transactions.require(INVENTORY)
    product = Product.objects.select_for_update(no_key=True).filter(handle=sheet.handle).first()
    created = product is None
    if product is None:
        product = _make_product(sheet, now)
    edited = not created and _edit_product(product, sheet)
    variants, rearranged = _write_variants(product, sheet.variants)
    prices = {variants[one.sku].id: one.prices for one in sheet.variants if one.prices}
    priced = change_prices(prices, product_id=product.id, now=now) if prices else []
    fact: list[ProductCreated | ProductUpdated] = []
    if created:
        fact = [ProductCreated(product_id=product.id)]
    elif edited or rearranged:
        fact = [ProductUpdated(product_id=product.id)]
    if not created and (fact or priced):
        product.updated_at = now
        product.save(update_fields=["title", "description", "publication", "updated_at"])
    outbox.record_all([*fact, *priced], aggregate=product)
    # Last, because the levels are what buyers wait for.
    counted = count_stock(
        {
            (variants[one.sku].id, location_id): units
            for one in sheet.variants
            for location_id, units in one.stock.items()
        },
        reason=AdjustmentReason.IMPORTED,
        now=now,
    )
    if created:
        return Outcome.CREATED
    return Outcome.UPDATED if fact or priced or counted else Outcome.UNCHANGED


def _make_product(sheet: ProductSheet, now: datetime) -> Product:
    if sheet.title is None:
        raise TitleMissing
    try:
        # Savepoints here and below, because somebody else may take a name between the look and the write.
        with transaction.atomic(using=INVENTORY):
            return Product.objects.create(
                handle=sheet.handle,
                title=sheet.title,
                description=sheet.description or "",
                publication=sheet.publication or Publication.DRAFT,
                created_at=now,
                updated_at=now,
            )
    except IntegrityError as error:
        raise HandleTaken(handle=sheet.handle) from error


def _edit_product(product: Product, sheet: ProductSheet) -> bool:
    wanted = {"title": sheet.title, "description": sheet.description, "publication": sheet.publication}
    differing = {name: value for name, value in wanted.items() if value is not None and value != getattr(product, name)}
    for name, value in differing.items():
        setattr(product, name, value)
    return bool(differing)


def _write_variants(product: Product, sheets: Sequence[VariantSheet]) -> tuple[dict[str, Variant], bool]:
    """The variants named, by SKU as the sheet has it, and whether any of them is new or changed."""
    present = list(Variant.objects.filter(product=product).order_by("position", "id"))
    matched = _match(present, sheets)
    new, changed = [], []
    position = max((variant.position for variant in present), default=0)
    for sheet in sheets:
        variant = matched.get(sheet.sku)
        options = None if sheet.options is None else dict(sheet.options)
        if variant is None:
            position += 1
            variant = Variant(product=product, sku=sheet.sku, options=options or {}, position=position)
            variant.title = titled_by_options(variant.options)
            new.append(variant)
            matched[sheet.sku] = variant
        elif variant.sku != sheet.sku or (options is not None and variant.options != options):
            variant.sku = sheet.sku
            if options is not None:
                variant.options = options
                variant.title = titled_by_options(options)
            changed.append(variant)
    if not (new or changed):
        return matched, False
    _refuse_taken_skus(product, sheets)
    if len(present) + len(new) > MAX_VARIANTS:
        raise TooManyVariants
    _refuse_repeated_options([*present, *new])
    try:
        with transaction.atomic(using=INVENTORY):
            for variant in changed:
                variant.save(update_fields=["sku", "options", "title"])
            Variant.objects.bulk_create(new)
    except IntegrityError:
        _refuse_taken_skus(product, sheets)
        raise
    return matched, True


def _match(present: Sequence[Variant], sheets: Sequence[VariantSheet]) -> dict[str, Variant]:
    """Which present variant a sheet means: the one with its SKU, else the one with its options that no sheet names."""
    named = {sheet.sku for sheet in sheets}
    by_sku = {variant.sku: variant for variant in present}
    spare = {_key(variant.options): variant for variant in present if variant.sku not in named}
    found = {}
    for sheet in sheets:
        if sheet.sku in by_sku:
            found[sheet.sku] = by_sku[sheet.sku]
        elif sheet.options is not None and _key(sheet.options) in spare:
            found[sheet.sku] = spare.pop(_key(sheet.options))
    return found


def _refuse_taken_skus(product: Product, sheets: Sequence[VariantSheet]) -> None:
    skus = [sheet.sku for sheet in sheets]
    taken = Variant.objects.filter(sku__in=skus).exclude(product=product).values_list("sku", flat=True).first()
    if taken is not None:
        raise SkuTaken(sku=taken)


def _refuse_repeated_options(variants: Sequence[Variant]) -> None:
    seen = set()
    for variant in variants:
        if _key(variant.options) in seen:
            raise OptionsRepeat(sku=variant.sku)
        seen.add(_key(variant.options))


def _key(options: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset(options.items())
