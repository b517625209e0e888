"""The tables of orders."""

from orders.models.checkout import CheckoutLogEntry, CheckoutSaga, Purpose, Stock
from orders.models.message import OrderMessage
from orders.models.order import Order, OrderAddress, OrderLine

# The database alias of this context.
ORDERS = "orders"

__all__ = [
    "ORDERS",
    "CheckoutLogEntry",
    "CheckoutSaga",
    "Order",
    "OrderAddress",
    "OrderLine",
    "OrderMessage",
    "Purpose",
    "Stock",
]
