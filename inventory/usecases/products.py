"""Staff's single changes of the catalog: a new product, another text, shown or hidden."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from inventory.events import ProductUpdated
from inventory.models import INVENTORY, Location, Product
from inventory.policies import PRODUCT, HandleTaken, Publication, UnknownLocation
from inventory.usecases.product_sheets import ProductSheet, write_sheet
from shared_kernel import transactions
from shared_kernel.events import outbox


def create_product(sheet: ProductSheet, *, now: datetime) -> Product:
    """Enter a new product with its variants, prices and stock.

    Raises:
        HandleTaken: a product has this handle.
        SkuTaken: a variant of another product has one of the SKUs.
        OptionsRepeat: two variants have the same options.
        UnknownLocation: stock is named at a location that does not exist.
        TooManyUnits: more than a stock level counts.
    """
    transactions.require(INVENTORY)
    if Product.objects.filter(handle=sheet.handle).exists():
        raise HandleTaken(handle=sheet.handle)
    locations = {location_id for variant in sheet.variants for location_id in variant.stock}
    if Location.objects.filter(pk__in=locations).count() != len(locations):
        raise UnknownLocation
    write_sheet(sheet, now=now)
    return Product.objects.get(handle=sheet.handle)


def edit_product(product: Product, *, title: str | None, description: str | None, now: datetime) -> Product:
    """Change the texts of a locked product; None leaves one as it is."""
    transactions.require(INVENTORY)
    wanted = {"title": title, "description": description}
    differing = {name: value for name, value in wanted.items() if value is not None and value != getattr(product, name)}
    if not differing:
        return product
    for name, value in differing.items():
        setattr(product, name, value)
    product.updated_at = now
    product.save(update_fields=[*differing, "updated_at"])
    outbox.record(ProductUpdated(product_id=product.id), aggregate=product)
    return product


def publish_product(*, product_id: UUID, now: datetime) -> Product:
    """Show a product to buyers; one that is shown stays as it is.

    Raises:
        ProductNotFound: none has this id.
    """
    transactions.require(INVENTORY)
    product = Product.objects.locked(product_id)
    if not PRODUCT.is_done(product.publication, "publish"):
        product.publish(at=now)
        outbox.record(ProductUpdated(product_id=product.id), aggregate=product)
    return product


def unpublish_product(*, product_id: UUID, now: datetime) -> Product:
    """Hide a product from buyers; one that is hidden stays as it is.

    Raises:
        ProductNotFound: none has this id.
    """
    transactions.require(INVENTORY)
    product = Product.objects.locked(product_id)
    if product.publication != Publication.DRAFT:
        product.unpublish(at=now)
        outbox.record(ProductUpdated(product_id=product.id), aggregate=product)
    return product
