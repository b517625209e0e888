"""The tables of inventory."""

from inventory.models.catalog import Price, Product, Variant
from inventory.models.reservations import Reservation, ReservationAllocation, ReservationLine
from inventory.models.stock import Location, StockAdjustment, StockLevel, StockMovement

# The database alias of this context.
INVENTORY = "inventory"

__all__ = [
    "INVENTORY",
    "Location",
    "Price",
    "Product",
    "Reservation",
    "ReservationAllocation",
    "ReservationLine",
    "StockAdjustment",
    "StockLevel",
    "StockMovement",
    "Variant",
]
