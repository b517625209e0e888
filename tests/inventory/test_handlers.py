from __future__ import annotations

from datetime import timedelta

import pytest

from customers.events import ApiKeyChanged
from inventory.handlers import remember_api_key
from shared_kernel import clock
from shared_kernel.identity import api_keys
from shared_kernel.ids import new_id

pytestmark = pytest.mark.django_db(databases="__all__")


class TestNewsOfAnApiKey:
    def test_opens_the_door_and_closes_it_again(self) -> None:
        key, key_id, now = api_keys.generate(), new_id(), clock.now("inventory")

        def tell(**changes: object) -> None:
            facts = {
                "owner": "service:ops",
                "scopes": ["stock:read"],
                "expires_at": None,
                "revoked_at": None,
                **changes,
            }
            remember_api_key(ApiKeyChanged(key_id=key_id, key_hash=key.key_hash, **facts))  # type: ignore[arg-type]

        tell()
        known = api_keys.lookup("inventory", key.plain, now=now)
        tell(revoked_at=now - timedelta(seconds=1))
        revoked = api_keys.lookup("inventory", key.plain, now=now)
        tell()
        told_again = api_keys.lookup("inventory", key.plain, now=now)

        assert known is not None
        assert known.scopes == {"stock:read"}
        assert revoked is None
        assert told_again is None
