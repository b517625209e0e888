"""Access tokens of customers: short-lived Ed25519 JWTs (RFC 9068, 8037) that any context verifies without a call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt
from django.conf import settings

from shared_kernel.errors import Invalid
from shared_kernel.identity import principals
from shared_kernel.identity.principals import CUSTOMER_PREFIX, Principal
from shared_kernel.ids import decode_id, encode_id, new_id

ALGORITHM = "EdDSA"
TOKEN_TYPE = "at+jwt"  # noqa: S105 - the media type of access tokens, RFC 9068
ISSUER = "ashlar"
AUDIENCE = "ashlar-api"
LIFETIME = timedelta(minutes=10)
LEEWAY = timedelta(seconds=30)
LONGEST_TOKEN = 2048
REQUIRED_CLAIMS = ["iss", "aud", "sub", "sid", "iat", "exp"]


class InvalidToken(Exception):
    """A token is forged, expired, meant for somebody else, or no token at all."""


@dataclass(frozen=True, kw_only=True)
class AccessToken:
    """A fresh token and when it ends."""

    text: str
    expires_at: datetime


def issue(*, customer_id: UUID, session_id: UUID, now: datetime) -> AccessToken:
    """Sign a token for one session of a customer; only where the private key is, in customers.

    Raises:
        RuntimeError: this process has no private key.
    """
    key, key_id = settings.ASHLAR_ACCESS_TOKEN_PRIVATE_KEY, settings.ASHLAR_ACCESS_TOKEN_KEY_ID
    if not key or not key_id:
        raise RuntimeError("this process has no key to sign access tokens with")
    issued_at = now.replace(microsecond=0)
    expires_at = issued_at + LIFETIME
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": encode_id(CUSTOMER_PREFIX, customer_id),
        "sid": str(session_id),
        "jti": str(new_id()),
        "iat": int(issued_at.timestamp()),
        "exp": int(expires_at.timestamp()),
    }
    text = jwt.encode(claims, key, algorithm=ALGORITHM, headers={"kid": key_id, "typ": TOKEN_TYPE})
    return AccessToken(text=text, expires_at=expires_at)


def verify(text: str, *, now: datetime) -> Principal:
    """The customer a token speaks for.

    `now` decides about its times, so that a moved test clock is obeyed.

    Raises:
        InvalidToken: it proves nothing.
    """
    if len(text) > LONGEST_TOKEN:
        raise InvalidToken("the token is too long")
    try:
        key = _public_key(jwt.get_unverified_header(text))
        claims = jwt.decode(
            text,
            key,
            algorithms=[ALGORITHM],
            issuer=ISSUER,
            audience=AUDIENCE,
            # Times are checked below, by the caller's clock.
            options={"require": REQUIRED_CLAIMS, "verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
        _check_times(claims, now)
        return principals.customer(decode_id(CUSTOMER_PREFIX, claims["sub"]), session_id=UUID(claims["sid"]))
    except (jwt.PyJWTError, Invalid, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise InvalidToken("the token is not valid") from error


def _public_key(header: dict[str, Any]) -> str:
    """The configured key that the header names; a key the token brings along, or a URL to one, is never looked at."""
    if header.get("alg") != ALGORITHM or str(header.get("typ")).lower() != TOKEN_TYPE:
        raise jwt.InvalidTokenError("another kind of token")
    keys: dict[str, str] = settings.ASHLAR_ACCESS_TOKEN_PUBLIC_KEYS
    key_id = header.get("kid")
    if not isinstance(key_id, str) or key_id not in keys:
        raise jwt.InvalidTokenError("an unknown key")
    return keys[key_id]


def _check_times(claims: dict[str, Any], now: datetime) -> None:
    moments = [claims[name] for name in ("iat", "exp")]
    if any(isinstance(moment, bool) or not isinstance(moment, int) for moment in moments):
        raise jwt.InvalidTokenError("times are whole seconds")
    issued_at, expires_at = (datetime.fromtimestamp(moment, UTC) for moment in moments)
    if expires_at - issued_at > LIFETIME:
        raise jwt.InvalidTokenError("made to live too long")
    if now > expires_at + LEEWAY:
        raise jwt.ExpiredSignatureError("expired")
    if issued_at > now + LEEWAY:
        raise jwt.ImmatureSignatureError("issued in the future")
