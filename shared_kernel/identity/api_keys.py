"""API keys of services and staff: 256 random bits, known to the contexts only by their hash."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from shared_kernel.identity import principals
from shared_kernel.identity.principals import Principal
from shared_kernel.models.api_keys import KnownApiKey

PLAIN_PREFIX = "sk_"
SHOWN_CHARACTERS = 8
USE_IS_NOTED_EVERY = timedelta(minutes=1)

SCOPES = frozenset(
    {
        *("catalog:read", "catalog:write", "stock:read", "stock:write", "orders:read", "orders:write"),
        *("payments:read", "payments:write", "ledger:read", "customers:read", "customers:write"),
        *("events:read", "audit:read"),
    }
)


@dataclass(frozen=True, kw_only=True)
class NewApiKey:
    """A key just made: `plain` is shown once, `key_hash` (SHA-256, hex) is kept, `prefix` tells keys apart."""

    plain: str
    key_hash: str
    prefix: str


def generate() -> NewApiKey:
    """Draw a new key."""
    plain = PLAIN_PREFIX + secrets.token_urlsafe(32)
    return NewApiKey(plain=plain, key_hash=hash_of(plain), prefix=plain[: len(PLAIN_PREFIX) + SHOWN_CHARACTERS])


def hash_of(plain: str) -> str:
    """SHA-256 of a key; its 256 random bits need neither salt nor stretching."""
    return hashlib.sha256(plain.encode()).hexdigest()


def remember(
    using: str,
    *,
    key_id: UUID,
    key_hash: str,
    owner: str,
    scopes: Iterable[str],
    expires_at: datetime | None,
    revoked_at: datetime | None,
) -> None:
    """Note in the schema `using` what customers says of a key; the latest word counts, but a revoked key stays revoked.

    So that old events, handled again, do not open a door for a while.
    """
    facts: dict[str, Any] = {"key_hash": key_hash, "owner": owner, "scopes": sorted(scopes), "expires_at": expires_at}
    if revoked_at is not None:
        facts["revoked_at"] = revoked_at
    KnownApiKey.objects.using(using).update_or_create(id=key_id, defaults=facts)


def lookup(using: str, plain: str, *, now: datetime) -> Principal | None:
    """Who holds this key, None when nobody does (any more); its use is noted about once a minute."""
    known = KnownApiKey.objects.using(using).filter(key_hash=hash_of(plain)).first()
    if known is None or not known.is_valid(now):
        return None
    if known.last_used_at is None or now - known.last_used_at >= USE_IS_NOTED_EVERY:
        KnownApiKey.objects.using(using).filter(id=known.id).update(last_used_at=now)
    return principals.key_holder(known.id, owner=known.owner, scopes=frozenset(known.scopes))
