"""Making and revoking the keys of programs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from customers.events import ApiKeyChanged
from customers.models import CUSTOMERS, ApiKey
from shared_kernel import transactions
from shared_kernel.errors import Invalid
from shared_kernel.events import outbox
from shared_kernel.identity import api_keys
from shared_kernel.identity.api_keys import NewApiKey


@dataclass(kw_only=True, eq=False)
class UnknownScopes(Invalid):
    """These scopes do not exist."""

    code = "unknown_scopes"
    summary = "Some scopes do not exist."

    scopes: list[str]


@dataclass(frozen=True, kw_only=True)
class MadeApiKey:
    """A key just made; `plain` is shown to its holder now and never again."""

    key: ApiKey
    plain: str


def create_api_key(
    *,
    name: str,
    scopes: Iterable[str],
    lifetime: timedelta | None,
    now: datetime,
    made: NewApiKey | None = None,
) -> MadeApiKey:
    """Make a key for the program `name` and tell every context; `lifetime` None means that it does not expire.

    Drawn at random unless `made` brings one.

    Raises:
        UnknownScopes: a scope is none of `shared_kernel.identity.api_keys.SCOPES`.
    """
    transactions.require(CUSTOMERS)
    wanted = sorted(set(scopes))
    unknown = [scope for scope in wanted if scope not in api_keys.SCOPES]
    if unknown:
        raise UnknownScopes(scopes=unknown)
    made = made or api_keys.generate()
    key = ApiKey.objects.create(
        name=name,
        prefix=made.prefix,
        key_hash=made.key_hash,
        scopes=wanted,
        expires_at=now + lifetime if lifetime else None,
        created_at=now,
        updated_at=now,
    )
    _tell(key)
    return MadeApiKey(key=key, plain=made.plain)


def revoke_api_key(*, key_id: UUID, now: datetime) -> ApiKey:
    """Make a key worthless, and tell every context; one that is revoked stays as it is.

    Raises:
        NotFound: no key has this id.
    """
    transactions.require(CUSTOMERS)
    key = ApiKey.objects.locked(key_id)
    if key.revoke(now):
        _tell(key)
    return key


def _tell(key: ApiKey) -> None:
    outbox.record(
        ApiKeyChanged(
            key_id=key.id,
            key_hash=key.key_hash,
            owner=key.owner,
            scopes=key.scopes,
            expires_at=key.expires_at,
            revoked_at=key.revoked_at,
        ),
        aggregate=key,
    )
