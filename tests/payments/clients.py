"""Callers of the REST surface of payments."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from rest_framework.test import APIClient

from shared_kernel import clock
from shared_kernel.identity import access_tokens, order_tokens
from shared_kernel.ids import encode_id, new_id
from tests.credentials import bearer, known_key


class JsonClient(APIClient):
    """Sends JSON unless told otherwise, and money commands with a fresh key."""

    default_format = "json"

    def command(self, path: str, body: Any = None, *, key: str | None = None) -> Any:
        """POST with an Idempotency-Key."""
        return self.post(path, body or {}, headers={"Idempotency-Key": key or str(new_id())})


def service(*scopes: str) -> JsonClient:
    """A client with an API key of these scopes."""
    client = JsonClient()
    client.credentials(HTTP_AUTHORIZATION=bearer(known_key("payments", *scopes)))
    return client


def customer(customer_id: UUID) -> JsonClient:
    """A customer who is logged in."""
    token = access_tokens.issue(customer_id=customer_id, session_id=new_id(), now=clock.now("payments"))
    client = JsonClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token.text}")
    return client


def guest(order_id: UUID) -> JsonClient:
    """Somebody who holds the token of an order."""
    token = order_tokens.issue(order_id=order_id, expires_at=clock.now("payments") + timedelta(hours=1))
    client = JsonClient()
    client.credentials(HTTP_ORDER_TOKEN=token)
    return client


def path_of(payment_id: UUID, *rest: str, admin: bool = True) -> str:
    """The path of a payment or of something below it."""
    return "/".join(["/v1/admin/payments" if admin else "/v1/payments", encode_id("pay", payment_id), *rest])
