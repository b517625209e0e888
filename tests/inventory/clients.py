"""Callers of the REST surface of inventory."""

from __future__ import annotations

from rest_framework.test import APIClient

from shared_kernel.identity import api_keys
from shared_kernel.ids import new_id


class JsonClient(APIClient):
    """Sends JSON unless told otherwise."""

    default_format = "json"


def service(*scopes: str) -> APIClient:
    """A client with an API key of these scopes."""
    key = api_keys.generate()
    api_keys.remember(
        "inventory",
        key_id=new_id(),
        key_hash=key.key_hash,
        owner="service:tests",
        scopes=scopes,
        expires_at=None,
        revoked_at=None,
    )
    client = JsonClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {key.plain}")
    return client


def key() -> dict[str, str]:
    """A fresh Idempotency-Key header."""
    return {"Idempotency-Key": str(new_id())}
