"""The Idempotency-Key header: what it must look like, and the scope in which it means one request."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from rest_framework.request import Request

from shared_kernel.http import codes
from shared_kernel.http.problems import ProblemError
from shared_kernel.identity.principals import Principal

HEADER = "Idempotency-Key"
ACCEPTED = re.compile(r"[\x21-\x7e]{1,255}")
# Without a principal the key itself is the scope, so nobody may be able to guess one: a UUID or a ULID, 128 bits each.
UUID_FORM = re.compile(r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
ULID_FORM = re.compile(r"[0-7][0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{25}")
FEWEST_DISTINCT_CHARACTERS = 6
NONCE_BYTES = 12


@dataclass(frozen=True, kw_only=True)
class KeyUse:
    """One use of a key: `scope` is where it counts, `fingerprint` what is asked; both SHA-256.

    `seal_key` comes from the key itself, which nobody but its caller keeps. So the answers that are stored under it,
    with their addresses and order tokens, can be read by whoever may have them repeated and by nobody else.
    """

    scope: bytes
    fingerprint: bytes
    seal_key: bytes = field(repr=False)

    def sealed(self, body: bytes) -> bytes:
        """An answer as it is stored: AES-256-GCM, bound to this scope, the nonce before it."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + AESGCM(self.seal_key).encrypt(nonce, body, self.scope)

    def opened(self, stored: bytes) -> bytes:
        """What `sealed` stored."""
        return AESGCM(self.seal_key).decrypt(stored[:NONCE_BYTES], stored[NONCE_BYTES:], self.scope)


def read_key(request: Request, *, required: bool) -> KeyUse | None:
    """The use that the request makes of its key, None when it brings none and need not.

    Raises:
        ProblemError: 400, the key is missing or not acceptable.
    """
    key = request.headers.get(HEADER)
    if key is None:
        if required:
            detail = f"Send an {HEADER} header, fresh for each intent and the same for each repeat."
            raise ProblemError(codes.IDEMPOTENCY_KEY_REQUIRED, detail)
        return None
    if not ACCEPTED.fullmatch(key):
        raise ProblemError(codes.IDEMPOTENCY_KEY_INVALID, f"The {HEADER} holds 1 to 255 visible ASCII characters.")
    user: Any = request.user
    principal: Principal = user
    if principal.is_anonymous and not _is_random(key):
        raise ProblemError(codes.IDEMPOTENCY_KEY_INVALID, f"Without credentials the {HEADER} must be a UUID or a ULID.")
    return KeyUse(
        scope=_digest(principal.key, str(request.method), request.path, key),
        fingerprint=_digest(request.META.get("QUERY_STRING", ""), json.dumps(request.data, sort_keys=True)),
        seal_key=_digest("stored answer", principal.key, key),
    )


def _is_random(key: str) -> bool:
    formed = UUID_FORM.fullmatch(key) or ULID_FORM.fullmatch(key)
    return bool(formed) and len(set(key.lower()) - {"-"}) >= FEWEST_DISTINCT_CHARACTERS


def _digest(*parts: str) -> bytes:
    """SHA-256 over parts of any length, unambiguous about where one ends."""
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode("utf-8", errors="surrogatepass")
        digest.update(len(encoded).to_bytes(8) + encoded)
    return digest.digest()
