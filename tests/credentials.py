"""Credentials that a context accepts."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from shared_kernel.identity import api_keys
from shared_kernel.identity.api_keys import NewApiKey
from shared_kernel.ids import new_id


def known_key(alias: str, *scopes: str, owner: str = "service:tests", **times: Any) -> NewApiKey:
    """An API key that this context has heard of; `times` may say when it ends."""
    key = api_keys.generate()
    until: dict[str, Any] = {"expires_at": None, "revoked_at": None, **times}
    with transaction.atomic(using=alias):
        api_keys.remember(alias, key_id=new_id(), key_hash=key.key_hash, owner=owner, scopes=scopes, **until)
    return key


def bearer(key: NewApiKey) -> str:
    """The Authorization header of who holds this key."""
    return f"Bearer {key.plain}"
