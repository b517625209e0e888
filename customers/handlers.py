"""Reactions of customers to events: its own copy of the API keys, read by the kernel as in every other context."""

from __future__ import annotations

from customers.events import ApiKeyChanged
from customers.models import CUSTOMERS
from shared_kernel.events import subscribe
from shared_kernel.identity import api_keys


@subscribe("customers.remember_api_key", ApiKeyChanged, replayable=True)
def remember_api_key(event: ApiKeyChanged) -> None:
    """Let the views of customers know the key as it is now."""
    api_keys.remember(
        CUSTOMERS,
        key_id=event.key_id,
        key_hash=event.key_hash,
        owner=event.owner,
        scopes=event.scopes,
        expires_at=event.expires_at,
        revoked_at=event.revoked_at,
    )
