from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.test import override_settings

from shared_kernel.identity.access_tokens import InvalidToken
from shared_kernel.identity.order_tokens import PREFIX, issue, verify

NOW = datetime(2030, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=30)


class TestAnOrderToken:
    def test_opens_its_order(self) -> None:
        order_id = uuid4()

        assert verify(issue(order_id=order_id, expires_at=LATER), now=NOW) == order_id

    def test_ends(self) -> None:
        text = issue(order_id=uuid4(), expires_at=LATER)

        with pytest.raises(InvalidToken):
            verify(text, now=LATER + timedelta(seconds=1))

    def test_fits_into_a_header(self) -> None:
        assert issue(order_id=uuid4(), expires_at=LATER).isascii()
        assert len(issue(order_id=uuid4(), expires_at=LATER)) < 120

    def test_cannot_be_moved_to_another_order_or_time(self) -> None:
        text = issue(order_id=UUID(int=1), expires_at=LATER).removeprefix(PREFIX)
        raw = bytearray(base64.urlsafe_b64decode(text + "=="))

        for position in range(len(raw)):
            forged = bytes([*raw[:position], raw[position] ^ 1, *raw[position + 1 :]])
            with pytest.raises(InvalidToken):
                verify(PREFIX + base64.urlsafe_b64encode(forged).decode().rstrip("="), now=NOW)

    @pytest.mark.parametrize("text", ["", "ot1_", "ot1_!!!!", "ot1_" + "A" * 75, "ot2_", "é" * 80, "ot1_" + "A" * 4000])
    def test_is_not_made_of_junk(self, text: str) -> None:
        with pytest.raises(InvalidToken):
            verify(text, now=NOW)

    def test_survives_the_exchange_of_the_key_while_the_old_one_is_listed(self) -> None:
        order_id, old = uuid4(), settings.ASHLAR_ORDER_TOKEN_KEY
        text = issue(order_id=order_id, expires_at=LATER)

        with override_settings(ASHLAR_ORDER_TOKEN_KEY=f"another-key,{old}"):
            assert verify(text, now=NOW) == order_id
        with override_settings(ASHLAR_ORDER_TOKEN_KEY="another-key"), pytest.raises(InvalidToken):
            verify(text, now=NOW)
