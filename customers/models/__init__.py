"""The tables of customers: people, their sessions, the keys of programs, and what is sent to people."""

from customers.models.api_key import ApiKey
from customers.models.clock import CUSTOMERS, database_now
from customers.models.customer import Customer
from customers.models.message import Message
from customers.models.session import RefreshToken, Session

__all__ = ["CUSTOMERS", "ApiKey", "Customer", "Message", "RefreshToken", "Session", "database_now"]
