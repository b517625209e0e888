"""Ed25519 keys come as PEM or as base64, several at a time while they rotate."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from config.signing_keys import read_keys
from config.variables import ConfigurationError


def private_pem(key: Ed25519PrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def public_pem(key: Ed25519PrivateKey) -> str:
    public = key.public_key()
    return public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


class TestKeys:
    def test_without_public_ones_the_own_half_is_trusted(self) -> None:
        keys = read_keys(private=private_pem(Ed25519PrivateKey.generate()), public=None)

        assert list(keys.public) == [keys.private_kid]

    def test_read_the_same_from_base64_and_from_pem(self) -> None:
        key = Ed25519PrivateKey.generate()
        bare = base64.b64encode(key.private_bytes_raw()).decode()

        assert read_keys(private=bare, public=None) == read_keys(private=private_pem(key), public=None)

    def test_rotate_with_two_public_ones(self) -> None:
        old, new = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()

        keys = read_keys(private=private_pem(new), public=public_pem(old) + public_pem(new))

        assert len(keys.public) == 2
        assert keys.private_kid in keys.public

    def test_verify_alone_where_no_tokens_are_issued(self) -> None:
        keys = read_keys(private=None, public=public_pem(Ed25519PrivateKey.generate()))

        assert keys.private is None
        assert len(keys.public) == 1

    def test_must_fit_together(self) -> None:
        own, stranger = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()

        with pytest.raises(ConfigurationError, match="does not hold the public half"):
            read_keys(private=private_pem(own), public=public_pem(stranger))

    def test_of_another_kind_are_refused(self) -> None:
        other = generate_private_key(SECP256R1())
        pem = other.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

        with pytest.raises(ConfigurationError, match="must be an Ed25519 private key"):
            read_keys(private=pem, public=None)
