"""Ed25519 keys of access tokens, as PEM or as bare base64, and the names (`kid`) derived from them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from config.variables import ConfigurationError

KEY_BYTES = 32
PEM_BLOCK = re.compile(r"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class TokenKeys:
    """Keys of access tokens in PEM: public ones by `kid`, and the private one where tokens are issued."""

    public: dict[str, str]
    private: str | None = field(default=None, repr=False)
    private_kid: str | None = None


def generate_private_key() -> str:
    """A fresh private key in PEM (PKCS 8)."""
    return _private_pem(Ed25519PrivateKey.generate())


def key_id(key: Ed25519PublicKey) -> str:
    """The name of a public key: the head of its SHA-256, so that both sides derive it alike."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).hexdigest()[:16]


def read_keys(*, private: str | None, public: str | None) -> TokenKeys:
    """Keys from the text of the two variables; without a public one the private key's own half is trusted.

    Raises:
        ConfigurationError: a key is no Ed25519 key, or the private key's public half is not among the public ones.
    """
    private_key = _parse_private(private) if private else None
    published = _parse_public(public) if public else []
    if private_key is not None and not published:
        published = [private_key.public_key()]
    by_id = {key_id(key): _public_pem(key) for key in published}
    if private_key is None:
        return TokenKeys(public=by_id)
    own = key_id(private_key.public_key())
    if own not in by_id:
        raise ConfigurationError("ASHLAR_ACCESS_TOKEN_PUBLIC_KEYS does not hold the public half of the private key.")
    return TokenKeys(public=by_id, private=_private_pem(private_key), private_kid=own)


def _parse_private(text: str) -> Ed25519PrivateKey:
    if "-----BEGIN" not in text:
        return Ed25519PrivateKey.from_private_bytes(_bare_key(text, "ASHLAR_ACCESS_TOKEN_PRIVATE_KEY"))
    try:
        key = serialization.load_pem_private_key(text.replace("\\n", "\n").encode(), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ConfigurationError(
            "ASHLAR_ACCESS_TOKEN_PRIVATE_KEY must be an Ed25519 private key in PEM without a password."
        )
    return key


def _parse_public(text: str) -> list[Ed25519PublicKey]:
    name = "ASHLAR_ACCESS_TOKEN_PUBLIC_KEYS"
    if "-----BEGIN" not in text:
        return [Ed25519PublicKey.from_public_bytes(_bare_key(word, name)) for word in text.split(",")]
    keys = []
    for block in PEM_BLOCK.findall(text.replace("\\n", "\n")):
        try:
            key = serialization.load_pem_public_key(block.encode())
        except ValueError:
            key = None
        if not isinstance(key, Ed25519PublicKey):
            raise ConfigurationError(f"{name} must hold Ed25519 public keys in PEM.")
        keys.append(key)
    if not keys:
        raise ConfigurationError(f"{name} must hold Ed25519 public keys in PEM.")
    return keys


def _bare_key(text: str, name: str) -> bytes:
    try:
        raw = base64.b64decode(text.strip().replace("-", "+").replace("_", "/") + "===")
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != KEY_BYTES:
        raise ConfigurationError(f"{name} must be PEM, or base64 of {KEY_BYTES} bytes.")
    return raw


def _private_pem(key: Ed25519PrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _public_pem(key: Ed25519PublicKey) -> str:
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
