"""JSON schemas of events and samples of them, kept on file so that a change is seen."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from uuid import UUID

import msgspec

from shared_kernel.events import codec
from shared_kernel.events.compatibility import Schema, breaking_changes
from shared_kernel.money import Money

_MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_PLAIN: dict[Any, Any] = {
    UUID: UUID("01902f1e-6f5a-7000-8000-000000000001"),
    str: "code",
    bool: True,
    int: 1,
    float: 1.5,
    Decimal: Decimal("1.50"),
    datetime: _MOMENT,
    date: _MOMENT.date(),
    timedelta: timedelta(minutes=5),
    Money: Money(amount=1999, currency="EUR"),
}


class BreakingChange(ValueError):
    """An event changed in a way that an old log or an older consumer cannot follow; it needs a new version."""


def schema_path(directory: Path, name: str) -> Path:
    """Where the schema of an event is kept."""
    return directory / f"{name}.schema.json"


def sample_path(directory: Path, name: str) -> Path:
    """Where the first sample of an event is kept, as it was written then."""
    return directory / f"{name}.sample.json"


def schema_of(event: type) -> Schema:
    """The JSON schema of an event's payload, without prose."""
    schema: Schema = _without_prose(msgspec.json.schema(event))
    return schema


def sample_of(event: type) -> str:
    """A payload with every field filled, as JSON text, the same at every call."""
    return codec.encode(_value(event))


def write(directory: Path, events: dict[str, type]) -> list[str]:
    """Write the schemas that changed and the samples that are missing; returns the names of the files.

    Raises:
        BreakingChange: a schema on file would change other than by addition.
    """
    breaking = [
        f"{name}: {problem}"
        for name, event in events.items()
        if schema_path(directory, name).exists()
        for problem in breaking_changes(read(schema_path(directory, name)), schema_of(event))
    ]
    if breaking:
        raise BreakingChange("\n".join(breaking))
    directory.mkdir(parents=True, exist_ok=True)
    written = []
    for name, event in sorted(events.items()):
        schema, sample = schema_path(directory, name), sample_path(directory, name)
        if not schema.exists() or read(schema) != schema_of(event):
            schema.write_text(_text(schema_of(event)), encoding="utf-8")
            written.append(schema.name)
        if not sample.exists():
            sample.write_text(_text(json.loads(sample_of(event))), encoding="utf-8")
            written.append(sample.name)
    return written


def read(path: Path) -> Schema:
    """The JSON document in a file."""
    document: Schema = json.loads(path.read_text(encoding="utf-8"))
    return document


def _without_prose(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            key: _without_prose(value)
            for key, value in node.items()
            if not (key in {"title", "description"} and isinstance(value, str))
        }
    return [_without_prose(item) for item in node] if isinstance(node, list) else node


def _value(hint: Any) -> Any:
    if hint in _PLAIN:
        return _PLAIN[hint]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return next(iter(hint))
    if isinstance(hint, type) and is_dataclass(hint):
        hints = get_type_hints(hint)
        return hint(**{field.name: _value(hints[field.name]) for field in fields(hint) if field.init})
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        return _value(next(part for part in arguments if part is not NoneType))
    if origin is list:
        return [_value(arguments[0])]
    if origin is Literal:
        return arguments[0]
    raise TypeError(f"an event cannot have a field of type {hint}")


def _text(document: Any) -> str:
    return json.dumps(document, indent=2, sort_keys=True) + "\n"
