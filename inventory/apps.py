"""The Django app of inventory."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    """Registers inventory with Django."""

    name = "inventory"
    label = "inventory"
