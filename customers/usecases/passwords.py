"""Hashing of passwords, which takes its time and so is done before a transaction is opened."""

from __future__ import annotations

from django.contrib.auth.hashers import check_password, make_password

from customers.policies import canonical_password


def hash_password(password: str) -> str:
    """The Argon2 hash of a password, by the first of Django's `PASSWORD_HASHERS`."""
    return make_password(canonical_password(password))


def is_password(password: str, password_hash: str | None) -> bool:
    """Whether the hash is of this password.

    Without a hash (there is no such account) the answer is no, after as much work as with one.
    """
    if password_hash is None:
        make_password(canonical_password(password))
        return False
    return check_password(canonical_password(password), password_hash)
