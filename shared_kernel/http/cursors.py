"""Opaque cursors: the sort values of a row, signed, and bound to the list, its order and its filters."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from typing import Any

from django.conf import settings

SIGNATURE_BYTES = 16
LONGEST_CURSOR = 1000


class InvalidCursor(ValueError):
    """The text is no cursor of this list."""


def write(values: list[str], *, scope: str) -> str:
    """A cursor that stands after the row with these sort values, valid only in `scope`."""
    body = json.dumps(values, separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(_sign(body, scope, _keys()[0]) + body).decode().rstrip("=")


def read(text: str, *, scope: str) -> list[str]:
    """The sort values in a cursor.

    Raises:
        InvalidCursor: it is forged, or was made by another list, order or set of filters.
    """
    if len(text) > LONGEST_CURSOR:
        raise InvalidCursor("too long")
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidCursor("not base64") from error
    signature, body = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
    if not any(hmac.compare_digest(signature, _sign(body, scope, key)) for key in _keys()):
        raise InvalidCursor("forged or of another list")
    values: list[str] = json.loads(body)
    return values


def _keys() -> list[str]:
    """The keys: the first signs, all verify."""
    return [key for key in str(settings.ASHLAR_CURSOR_KEY).split(",") if key]


def _sign(body: bytes, scope: str, key: str) -> bytes:
    message = json.dumps(["ashlar cursor", scope]).encode() + b"\0" + body
    return hmac.digest(key.encode(), message, "sha256")[:SIGNATURE_BYTES]


def scope_of(*parts: Any) -> str:
    """The scope of a list: whatever must be the same on the next page."""
    return json.dumps(parts, sort_keys=True, default=str)
