"""A hasher that counts how often it works."""

from __future__ import annotations

from typing import ClassVar

from tests.hashers import QuickArgon2


class CountingArgon2(QuickArgon2):
    """Argon2 as ever, with a tally of the passwords it was made to hash."""

    worked: ClassVar[list[str]] = []

    def encode(self, password: str, salt: str) -> str:
        self.worked.append("encode")
        return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        self.worked.append("verify")
        return super().verify(password, encoded)
