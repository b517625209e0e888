"""The paths of inventory below /v1 and /v1/admin."""

from __future__ import annotations

from django.urls import path

from inventory.rest.catalog import ProductCollection, ProductDetail, VariantAvailability, VariantDetail
from inventory.rest.products import (
    AdminProductCollection,
    AdminProductDetail,
    PriceCollection,
    ProductHiding,
    ProductPublishing,
)
from inventory.rest.stock import (
    ReservationCollection,
    ReservationDetail,
    StockAdjustmentCollection,
    StockLevelCollection,
    StockLevelDetail,
    StockMovementCollection,
)
from shared_kernel.http.converters import id_converter

for prefix in ("prd", "var", "lvl", "res"):
    id_converter(prefix)

urlpatterns = [
    path("products", ProductCollection.as_view()),
    path("products/<prd:product_id>", ProductDetail.as_view()),
    path("variants/<var:variant_id>", VariantDetail.as_view()),
    path("variants/<var:variant_id>/availability", VariantAvailability.as_view()),
]

admin_urlpatterns = [
    path("products", AdminProductCollection.as_view()),
    path("products/<prd:product_id>", AdminProductDetail.as_view()),
    path("products/<prd:product_id>/publish", ProductPublishing.as_view()),
    path("products/<prd:product_id>/unpublish", ProductHiding.as_view()),
    path("prices", PriceCollection.as_view()),
    path("stock-levels", StockLevelCollection.as_view()),
    path("stock-levels/<lvl:level_id>", StockLevelDetail.as_view()),
    path("stock-adjustments", StockAdjustmentCollection.as_view()),
    path("stock-movements", StockMovementCollection.as_view()),
    path("reservations", ReservationCollection.as_view()),
    path("reservations/<res:reservation_id>", ReservationDetail.as_view()),
]
