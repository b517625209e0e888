"""The tables of orders."""

from orders.models.checkout import CheckoutLogEntry, CheckoutSaga, Purpose, Stock
from orders.models.message import OrderMessage
from orders.models.order import ALIAS, Order, OrderAddress, OrderLine

__all__ = [
    "ALIAS",
    "CheckoutLogEntry",
    "CheckoutSaga",
    "Order",
    "OrderAddress",
    "OrderLine",
    "OrderMessage",
    "Purpose",
    "Stock",
]
