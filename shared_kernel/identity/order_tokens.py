"""Order tokens: what lets a guest act on one order, verified by any context and stored by none."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import struct
from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings

from shared_kernel.identity.access_tokens import InvalidToken

PREFIX = "ot1_"
# The order id, the expiry in seconds since 1970, and the whole HMAC-SHA256 over both.
_BODY = struct.Struct(">16sQ")
_SIZE = _BODY.size + hashlib.sha256().digest_size


def issue(*, order_id: UUID, expires_at: datetime) -> str:
    """Make the token of one order, good until `expires_at`."""
    body = _BODY.pack(order_id.bytes, int(expires_at.timestamp()))
    return PREFIX + base64.urlsafe_b64encode(body + _sign(body, _keys()[0])).decode().rstrip("=")


def verify(text: str, *, now: datetime) -> UUID:
    """The order a token opens.

    Raises:
        InvalidToken: it is forged, expired or no order token.
    """
    coded = text.removeprefix(PREFIX)
    try:
        raw = base64.b64decode(coded + "=" * (-len(coded) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidToken("no order token") from error
    if not text.startswith(PREFIX) or len(raw) != _SIZE:
        raise InvalidToken("no order token")
    body, signature = raw[: _BODY.size], raw[_BODY.size :]
    if not any(hmac.compare_digest(signature, _sign(body, key)) for key in _keys()):
        raise InvalidToken("forged")
    order, expiry = _BODY.unpack(body)
    if now.timestamp() > expiry:
        raise InvalidToken(f"expired at {datetime.fromtimestamp(expiry, UTC)}")
    return UUID(bytes=order)


def _keys() -> list[str]:
    """The shared keys: the first signs, all verify, so that one can replace another without a pause."""
    return [key for key in str(settings.ASHLAR_ORDER_TOKEN_KEY).split(",") if key]


def _sign(body: bytes, key: str) -> bytes:
    return hmac.digest(key.encode(), b"ashlar order token\0" + body, "sha256")
