"""Customers, keys and messages to test with, made by the use cases themselves."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connections, transaction

from customers.models import CUSTOMERS, Customer
from customers.usecases import accounts, api_keys, sessions
from customers.usecases.passwords import hash_password
from customers.usecases.sessions import OpenSession
from shared_kernel import clock
from shared_kernel.events import relay

T = TypeVar("T")

PASSWORD = "correct horse battery"


def register(email: str = "anna@example.test", *, password: str = PASSWORD, name: str = "Anna") -> Customer:
    """Open an account."""
    password_hash = hash_password(password)
    with transaction.atomic(using=CUSTOMERS):
        customer = accounts.register_customer(
            email=email, password_hash=password_hash, name=name, now=clock.now(CUSTOMERS)
        )
    assert customer is not None
    return customer


def log_in(customer: Customer) -> OpenSession:
    """Open a session."""
    with transaction.atomic(using=CUSTOMERS):
        opened = sessions.open_session(
            customer_id=customer.id, password_hash=customer.password_hash, now=clock.now(CUSTOMERS)
        )
    assert opened is not None
    return opened


def refresh(token: str) -> OpenSession | None:
    """Exchange a refresh token, committed whatever the answer."""
    with transaction.atomic(using=CUSTOMERS):
        return sessions.refresh_session(refresh_token=token, now=clock.now(CUSTOMERS))


def make_key(*scopes: str, name: str = "ops") -> str:
    """Make an API key that customers knows, and show it."""
    with transaction.atomic(using=CUSTOMERS):
        made = api_keys.create_api_key(name=name, scopes=scopes, lifetime=None, now=clock.now(CUSTOMERS))
    relay.drain()
    return made.plain


def race(count: int, act: Callable[[int], T]) -> list[T]:
    """Run `act(0)` to `act(count - 1)` at the same moment, each on connections of its own."""
    barrier = Barrier(count)

    def run(number: int) -> T:
        try:
            barrier.wait(timeout=10)
            return act(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=count) as pool:
        return list(pool.map(run, range(count)))
