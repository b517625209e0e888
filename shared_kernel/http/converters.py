"""Path converters: a TypeID in the path is a UUID in the view, and a malformed one is a path that leads nowhere."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.urls import converters, register_converter

from shared_kernel.errors import Invalid
from shared_kernel.ids import decode_id, encode_id

SUFFIX = "[0-7][0-9a-hjkmnp-tv-z]{25}"
ID_SUFFIX_PATTERN = f"_{SUFFIX}$"


class IdConverter:
    """The converter of one prefix; `id_converter` makes and registers its subclasses."""

    prefix: str
    regex: str

    def to_python(self, value: str) -> UUID:
        """The UUID of a TypeID in the path."""
        try:
            return decode_id(self.prefix, value)
        except Invalid as error:
            raise ValueError(str(error)) from error

    def to_url(self, value: UUID | str) -> str:
        """The TypeID for a reversed path."""
        return value if isinstance(value, str) else encode_id(self.prefix, value)


def id_converter(prefix: str) -> str:
    """Register the path converter `<prefix:name>` for TypeIDs of `prefix`, once, and answer its name."""
    if not re.fullmatch("[a-z]{3}", prefix):
        raise ValueError(f"{prefix!r} is not a TypeID prefix of three letters")
    if prefix not in converters.get_converters():
        kind = type(f"{prefix.title()}IdConverter", (IdConverter,), {"prefix": prefix, "regex": f"{prefix}_{SUFFIX}"})
        register_converter(kind, prefix)
    return prefix


def id_schema(prefix: str) -> dict[str, Any]:
    """The JSON schema of a TypeID."""
    return {
        "type": "string",
        "pattern": f"^{prefix}{ID_SUFFIX_PATTERN}",
        "examples": [f"{prefix}_01hzy3v7q8e9f0g1h2j3k4m5n6"],
    }
