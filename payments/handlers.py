"""What payments does when something happens elsewhere; no money moves because of another context's event."""

from __future__ import annotations

from customers.events import ApiKeyChanged
from payments.models import PAYMENTS
from shared_kernel.events import subscribe
from shared_kernel.identity import api_keys


@subscribe("payments.remember_api_key", ApiKeyChanged, replayable=True)
def remember_api_key(event: ApiKeyChanged) -> None:
    """Know the API keys that customers issued, so that this context verifies them without a call."""
    api_keys.remember(
        PAYMENTS,
        key_id=event.key_id,
        key_hash=event.key_hash,
        owner=event.owner,
        scopes=event.scopes,
        expires_at=event.expires_at,
        revoked_at=event.revoked_at,
    )
