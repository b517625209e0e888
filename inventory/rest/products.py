"""The catalog for staff and services: drafts included, and what changes it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from inventory.api import UnknownVariants
from inventory.models import INVENTORY, Product
from inventory.policies import (
    HandleTaken,
    OptionsRepeat,
    ProductNotFound,
    Publication,
    SkuTaken,
    UnknownLocation,
    VariantNotFound,
)
from inventory.rest.catalog import IN_CURRENCY, currency_asked_for
from inventory.rest.filters import CurrencyIs, TitleBegins
from inventory.rest.requests import CreateProductRequest, EditProductRequest, SetPriceRequest, product_sheet
from inventory.rest.serializers import AdminProductView, PriceView
from inventory.usecases import prices, products
from shared_kernel import clock
from shared_kernel.http.etags import answer, etag_of, require_if_match
from shared_kernel.http.idempotency import idempotent
from shared_kernel.http.listing import Listing, Moments, OneOf, TextIs
from shared_kernel.http.openapi import operation
from shared_kernel.http.serializers import EmptyRequest
from shared_kernel.http.views import ApiView, Surface, parse
from shared_kernel.identity.permissions import HasScope
from shared_kernel.ids import encode_id

READ = HasScope("catalog:read")
WRITE = HasScope("catalog:write")


class AdminProductCollection(ApiView):
    """All products, and the way to a new one."""

    alias = INVENTORY
    surface = Surface.ADMIN
    access = {"GET": READ, "POST": WRITE}
    listings = {
        "GET": Listing(
            filters={
                "handle": TextIs(max_length=200),
                "title": TitleBegins(),
                "publication": OneOf(Publication),
                "currency": CurrencyIs(),
                "sku": TextIs(max_length=100, column="variants__sku"),
                "created_at": Moments(),
            },
            sort=("created_at",),
            default="-created_at",
        ),
    }

    @operation("List all products", answers={200: AdminProductView}, paged=True)
    def get(self, request: Request) -> Response:
        """A page of products, hidden ones too, the newest first."""
        page = self.paginate(Product.objects.with_variants())
        return page.response(AdminProductView(page.rows, many=True, context=currency_asked_for(self)).data)

    @operation(
        "Create a product",
        request=CreateProductRequest,
        answers={201: AdminProductView},
        errors=(HandleTaken, SkuTaken, OptionsRepeat, UnknownLocation),
        etag=True,
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """A new product with its variants, prices and stock; hidden unless `publication` says otherwise."""
        sheet = product_sheet(parse(CreateProductRequest, request))
        now = clock.database_now(INVENTORY)
        product = products.create_product(sheet, now=now)
        return _shown(request, product, now=now, status=201)


class AdminProductDetail(ApiView):
    """One product."""

    alias = INVENTORY
    surface = Surface.ADMIN
    access = {"GET": READ, "PATCH": WRITE}
    listings = {"GET": IN_CURRENCY}

    @operation("Show any product", answers={200: AdminProductView}, errors=(ProductNotFound,), etag=True)
    def get(self, request: Request, product_id: UUID) -> Response:
        """The product, hidden or not."""
        product = Product.objects.with_variants().get_one(product_id)
        data = AdminProductView(product, context=currency_asked_for(self)).data
        return answer(request, data, etag=etag_of(product.version))

    @operation(
        "Edit a product's texts",
        request=EditProductRequest,
        answers={200: AdminProductView},
        errors=(ProductNotFound,),
        etag=True,
        if_match=True,
    )
    @idempotent()
    def patch(self, request: Request, product_id: UUID) -> Response:
        """Title and description, as a merge patch."""
        body = parse(EditProductRequest, request, partial=True)
        product = Product.objects.locked(product_id)
        require_if_match(request, etag_of(product.version))
        now = clock.database_now(INVENTORY)
        products.edit_product(product, title=body.get("title"), description=body.get("description"), now=now)
        return _shown(request, product, now=now)


class ProductPublishing(ApiView):
    """Showing a product to buyers."""

    alias = INVENTORY
    surface = Surface.ADMIN
    access = {"POST": WRITE}

    @operation(
        "Publish a product",
        request=EmptyRequest,
        answers={200: AdminProductView},
        errors=(ProductNotFound,),
        etag=True,
    )
    @idempotent()
    def post(self, request: Request, product_id: UUID) -> Response:
        """Buyers see it from now on; one they see already stays as it is."""
        parse(EmptyRequest, request)
        now = clock.database_now(INVENTORY)
        return _shown(request, products.publish_product(product_id=product_id, now=now), now=now)


class ProductHiding(ApiView):
    """Hiding a product from buyers."""

    alias = INVENTORY
    surface = Surface.ADMIN
    access = {"POST": WRITE}

    @operation(
        "Unpublish a product",
        request=EmptyRequest,
        answers={200: AdminProductView},
        errors=(ProductNotFound,),
        etag=True,
    )
    @idempotent()
    def post(self, request: Request, product_id: UUID) -> Response:
        """Buyers see it no more; what they ordered stays theirs."""
        parse(EmptyRequest, request)
        now = clock.database_now(INVENTORY)
        return _shown(request, products.unpublish_product(product_id=product_id, now=now), now=now)


class PriceCollection(ApiView):
    """What variants cost."""

    alias = INVENTORY
    surface = Surface.ADMIN
    access = {"POST": WRITE}

    @operation(
        "Set a price", request=SetPriceRequest, answers={201: PriceView}, errors=(VariantNotFound, UnknownVariants)
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """The price of a variant in one currency from now on; the one before ends at the same moment."""
        body = parse(SetPriceRequest, request)
        price = prices.set_price(variant_id=body["variant_id"], price=body["price"], now=clock.database_now(INVENTORY))
        return Response(PriceView(price).data, status=201)


def _shown(request: Request, product: Product, *, now: datetime, status: int = 200) -> Response:
    shown = Product.objects.with_variants(at=now).get_one(product.id)
    headers = {"Location": f"/v1/admin/products/{encode_id('prd', product.id)}"} if status == 201 else {}  # noqa: PLR2004
    return answer(request, AdminProductView(shown).data, etag=etag_of(shown.version), status=status, headers=headers)
