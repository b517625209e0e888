"""Callers of the REST surface of inventory."""

from __future__ import annotations

from rest_framework.test import APIClient

from shared_kernel.ids import new_id
from tests.credentials import bearer, known_key


class JsonClient(APIClient):
    """Sends JSON unless told otherwise."""

    default_format = "json"


def service(*scopes: str) -> APIClient:
    """A client with an API key of these scopes."""
    client = JsonClient()
    client.credentials(HTTP_AUTHORIZATION=bearer(known_key("inventory", *scopes)))
    return client


def key() -> dict[str, str]:
    """A fresh Idempotency-Key header."""
    return {"Idempotency-Key": str(new_id())}
