"""The catalog as everybody sees it: what is published, with the prices that hold now."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response

from inventory.models import INVENTORY, Product, Variant
from inventory.policies import ProductNotFound, VariantNotFound
from inventory.rest.filters import CurrencyIs, TitleBegins
from inventory.rest.serializers import AvailabilityView, ProductView, VariantView
from inventory.usecases.availability import available_units_of
from shared_kernel import clock
from shared_kernel.http.etags import answer, etag_of
from shared_kernel.http.listing import Listing, Moments, TextIs
from shared_kernel.http.openapi import operation
from shared_kernel.http.views import ApiView
from shared_kernel.identity.permissions import Anyone

IN_CURRENCY = Listing(filters={"currency": CurrencyIs()}, paged=False)


def currency_asked_for(view: ApiView) -> dict[str, Any]:
    """The serializer context that limits prices to the currency of the query string, if it names one."""
    return {"currency": view.parameters["currency"][0]} if "currency" in view.parameters else {}


class ProductCollection(ApiView):
    """What can be bought."""

    alias = INVENTORY
    access = Anyone()
    personal = False
    listings = {
        "GET": Listing(
            filters={
                "handle": TextIs(max_length=200),
                "title": TitleBegins(),
                "currency": CurrencyIs(),
                "created_at": Moments(),
            },
            sort=("created_at",),
            default="-created_at",
        ),
    }

    @operation("List products", answers={200: ProductView}, paged=True)
    def get(self, request: Request) -> Response:
        """A page of products, the newest first; `title` is how the title begins, `currency` limits the prices too."""
        page = self.paginate(Product.objects.published().with_variants())
        return page.response(ProductView(page.rows, many=True, context=currency_asked_for(self)).data)


class ProductDetail(ApiView):
    """One product."""

    alias = INVENTORY
    access = Anyone()
    personal = False
    listings = {"GET": IN_CURRENCY}

    @operation("Show a product", answers={200: ProductView}, errors=(ProductNotFound,), etag=True)
    def get(self, request: Request, product_id: UUID) -> Response:
        """The product with all its variants."""
        product = Product.objects.published().with_variants().get_one(product_id)
        data = ProductView(product, context=currency_asked_for(self)).data
        return answer(request, data, etag=etag_of(product.version))


class VariantDetail(ApiView):
    """One variant."""

    alias = INVENTORY
    access = Anyone()
    personal = False
    listings = {"GET": IN_CURRENCY}

    @operation("Show a variant", answers={200: VariantView}, errors=(VariantNotFound,), etag=True)
    def get(self, request: Request, variant_id: UUID) -> Response:
        """The variant; it changes with its product and shares the entity tag."""
        variant = Variant.objects.with_prices().get_visible(variant_id)
        data = VariantView(variant, context=currency_asked_for(self)).data
        return answer(request, data, etag=etag_of(variant.product.version))


class VariantAvailability(ApiView):
    """How many units of a variant are left."""

    alias = INVENTORY
    access = Anyone()
    personal = False

    @operation("Show what is left of a variant", answers={200: AvailabilityView}, errors=(VariantNotFound,), etag=True)
    def get(self, request: Request, variant_id: UUID) -> Response:
        """Units that could be sold now, in total and by location."""
        variant = Variant.objects.get_visible(variant_id)
        left = available_units_of(variant.id, now=clock.now(INVENTORY))
        # Time alone changes it too, when a hold runs out.
        tag = etag_of(left.version, *[place.available for place in left.places])
        return answer(request, AvailabilityView(left).data, etag=tag)
