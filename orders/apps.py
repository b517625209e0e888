"""The Django app of orders."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Registers orders with Django."""

    name = "orders"
    label = "orders"
