"""The paths of orders, below /v1 and /v1/admin."""

from __future__ import annotations

from django.urls import path

from orders.rest import administration, views
from shared_kernel.http.converters import id_converter

id_converter("ord")

urlpatterns = [
    path("orders", views.OrderCollection.as_view(), name="order-collection"),
    path("orders/<ord:order_id>", views.OrderDetail.as_view(), name="order-detail"),
    path("orders/<ord:order_id>/cancel", views.OrderCancellation.as_view(), name="order-cancellation"),
    path("orders/<ord:order_id>/payments", views.OrderPayments.as_view(), name="order-payments"),
    path("orders/<ord:order_id>/timeline", views.OrderTimeline.as_view(), name="order-timeline"),
]

admin_urlpatterns = [
    path("orders", administration.AdminOrderCollection.as_view(), name="admin-order-collection"),
    path("orders/<ord:order_id>", administration.AdminOrderDetail.as_view(), name="admin-order-detail"),
    path(
        "orders/<ord:order_id>/cancel",
        administration.AdminOrderCancellation.as_view(),
        name="admin-order-cancellation",
    ),
    path(
        "orders/<ord:order_id>/return-money",
        administration.AdminMoneyReturn.as_view(),
        name="admin-order-money-return",
    ),
    path(
        "orders/<ord:order_id>/timeline",
        administration.AdminOrderTimeline.as_view(),
        name="admin-order-timeline",
    ),
]
