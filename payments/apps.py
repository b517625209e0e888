"""The Django app of payments."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Registers payments with Django."""

    name = "payments"
    label = "payments"
