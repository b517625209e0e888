"""What payments does when something happens in other contexts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from customers.events import ApiKeyChanged
from payments.handlers import remember_api_key
from shared_kernel import clock
from shared_kernel.identity import api_keys
from shared_kernel.ids import new_id
from tests.payments.clients import JsonClient

pytestmark = pytest.mark.django_db(databases="__all__")


class TestAnApiKeyThatCustomersMade:
    def status_with(self, key: api_keys.NewApiKey, **changes: Any) -> int:
        told: dict[str, Any] = {
            "key_id": new_id(),
            "key_hash": key.key_hash,
            "owner": "service:shop",
            "scopes": ["payments:read"],
            "expires_at": None,
            "revoked_at": None,
            **changes,
        }
        remember_api_key(ApiKeyChanged(**told))
        client = JsonClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {key.plain}")
        return client.get("/v1/admin/payments").status_code

    def test_opens_what_its_scopes_say(self) -> None:
        assert self.status_with(api_keys.generate()) == 200
        assert self.status_with(api_keys.generate(), scopes=["ledger:read"]) == 403

    def test_opens_nothing_once_it_is_revoked_or_expired(self) -> None:
        now: datetime = clock.now("payments")

        assert self.status_with(api_keys.generate(), revoked_at=now) == 401
        assert self.status_with(api_keys.generate(), expires_at=now - timedelta(seconds=1)) == 401

    def test_follows_the_latest_word(self) -> None:
        key, key_id = api_keys.generate(), new_id()

        assert self.status_with(key, key_id=key_id) == 200
        assert self.status_with(key, key_id=key_id, revoked_at=clock.now("payments")) == 401
