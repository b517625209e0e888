"""The tables of customers: people, their sessions, the keys of programs, and what is sent to people."""

from customers.models.api_key import ApiKey
from customers.models.customer import Customer
from customers.models.message import Message
from customers.models.session import RefreshToken, Session

# The database alias of this context.
CUSTOMERS = "customers"

__all__ = ["CUSTOMERS", "ApiKey", "Customer", "Message", "RefreshToken", "Session"]
