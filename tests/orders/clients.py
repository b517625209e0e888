"""Clients of the REST surface with the credentials of somebody."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from rest_framework.test import APIClient

from shared_kernel import clock
from shared_kernel.identity import access_tokens
from shared_kernel.ids import new_id
from tests.credentials import bearer, known_key
from tests.scenarios.shop import PlacedOrder, Shop


def customer(customer_id: UUID) -> APIClient:
    """A client of this customer."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=customer_headers(customer_id)["Authorization"])
    return client


def customer_headers(customer_id: UUID) -> dict[str, str]:
    """The headers with which this customer is known."""
    token = access_tokens.issue(customer_id=customer_id, session_id=new_id(), now=clock.now("orders"))
    return {"Authorization": f"Bearer {token.text}"}


def service(*scopes: str) -> APIClient:
    """A client with an API key that orders has heard of."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=bearer(known_key("orders", *scopes)))
    return client


def guest(order_token: str) -> APIClient:
    """A client with the token of one order."""
    client = APIClient()
    client.credentials(HTTP_ORDER_TOKEN=order_token)
    return client


def place_as(shop: Shop, customer_id: UUID, **more: Any) -> PlacedOrder:
    """Place an order as this customer."""
    client = customer(customer_id)
    body = shop.order_body(shop.sells(f"mug-{new_id()}"), **more)
    del body["email"]
    answer = client.post("/v1/orders", body, format="json", headers={"Idempotency-Key": str(new_id())})
    assert answer.status_code == 201, answer.content
    return shop.known(answer.json(), headers=customer_headers(customer_id))
