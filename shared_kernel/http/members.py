"""Attributes of domain errors as JSON members: ids as TypeIDs, money and times as everywhere in the API."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from shared_kernel.contexts import id_prefix
from shared_kernel.ids import encode_id


def members(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON members of these attributes; an id whose kind no context names stays internal and is left out."""
    return {
        name: render(value, name)
        for name, value in attributes.items()
        if not (isinstance(value, UUID) and id_prefix(name) is None)
    }


def render(value: Any, name: str = "") -> Any:  # noqa: PLR0911 - one line per type
    """One value as JSON; `name` tells what kind of id a UUID is (lists carry the plural)."""
    if isinstance(value, UUID):
        prefix = id_prefix(name)
        return encode_id(prefix, value) if prefix else None
    if isinstance(value, datetime):
        return timestamp(value)
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return members({field.name: getattr(value, field.name) for field in dataclasses.fields(value)})
    if isinstance(value, Mapping):
        return members(value)
    if isinstance(value, (list, tuple)):
        return [render(item, name) for item in value]
    return value


def timestamp(value: datetime) -> str:
    """RFC 3339 in UTC with `Z`."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
