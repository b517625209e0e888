"""The facts customers publishes, and which of them are public webhook events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared_kernel.events import event

__all__ = ["PUBLIC_NAMES", "ApiKeyChanged", "CustomerRegistered", "CustomerUpdated"]


@event("customers.customer_registered.v1")
@dataclass(frozen=True, kw_only=True)
class CustomerRegistered:
    """Somebody opened an account."""

    customer_id: UUID


@event("customers.customer_updated.v1")
@dataclass(frozen=True, kw_only=True)
class CustomerUpdated:
    """A profile was edited; `fields` names what changed, never to what."""

    customer_id: UUID
    fields: list[str]


@event("customers.api_key_changed.v1")
@dataclass(frozen=True, kw_only=True)
class ApiKeyChanged:
    """An API key was made, changed or revoked; `key_hash` is SHA-256 of the whole key, hex."""

    key_id: UUID
    key_hash: str
    owner: str
    scopes: list[str]
    expires_at: datetime | None
    revoked_at: datetime | None


PUBLIC_NAMES = {
    CustomerRegistered: "customer.created",
    CustomerUpdated: "customer.updated",
}
