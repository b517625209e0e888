"""Time-ordered ids: UUIDv7 (RFC 9562) inside, TypeID text (jetify TypeID 0.3) outside."""

from __future__ import annotations

import re
from dataclasses import dataclass
from uuid import UUID

import uuid_utils.compat

from shared_kernel.errors import Invalid

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_SUFFIX = re.compile(r"[0-7][0-9a-hjkmnp-tv-z]{25}")


@dataclass(kw_only=True, eq=False)
class InvalidId(Invalid):
    """The text is not a TypeID with the expected prefix."""

    code = "invalid_id"
    summary = "This is not an id of the form {prefix}_ followed by 26 characters."

    prefix: str


def new_id() -> UUID:
    """Draw a UUIDv7: sortable by creation time, so never an authorization secret."""
    return uuid_utils.compat.uuid7()


def encode_id(prefix: str, value: UUID) -> str:
    """Write `value` as `<prefix>_` and 26 letters of Crockford base32, most significant first."""
    number = value.int
    letters = [_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5)]
    return f"{prefix}_{''.join(letters)}"


def decode_id(prefix: str, text: str) -> UUID:
    """Read a TypeID back.

    Raises:
        InvalidId: another prefix, length or letter, or more than 128 bits.
    """
    head, separator, suffix = text.rpartition("_")
    if not separator or head != prefix or not _SUFFIX.fullmatch(suffix):
        raise InvalidId(prefix=prefix)
    number = 0
    for letter in suffix:
        number = number << 5 | _VALUES[letter]
    return UUID(int=number)
