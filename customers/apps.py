"""The Django app of customers."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    """Registers customers with Django."""

    name = "customers"
    label = "customers"
