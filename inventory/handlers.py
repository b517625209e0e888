"""What inventory does about facts of other contexts."""

from __future__ import annotations

from customers.events import ApiKeyChanged
from inventory.models import INVENTORY
from shared_kernel.events import subscribe
from shared_kernel.identity import api_keys


@subscribe("inventory.remember_api_key", ApiKeyChanged, replayable=True)
def remember_api_key(event: ApiKeyChanged) -> None:
    """Know the keys of services and staff here, so that a request needs no call to verify one."""
    api_keys.remember(
        INVENTORY,
        key_id=event.key_id,
        key_hash=event.key_hash,
        owner=event.owner,
        scopes=event.scopes,
        expires_at=event.expires_at,
        revoked_at=event.revoked_at,
    )
