"""The map of personal data: models say which of their columns hold it, and events may hold none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from django.apps import apps

# Text that software chose from a closed set or drew itself; everything else of type `str` may be what a person typed.
CODE_NAMES = frozenset(
    {
        "actor",
        "currency",
        "fields",
        "kind",
        "method",
        "number",
        "owner",
        "provider",
        "reason",
        "scopes",
        "sku",
        "state",
        "status",
    }
)
CODE_ENDINGS = ("_code", "_hash", "_id", "_kind", "_method", "_reason", "_state", "_status")


def personal_fields() -> dict[str, set[str]]:
    """Names of columns that hold personal data, each with the models whose `pii_fields` declare it."""
    found: dict[str, set[str]] = {}
    for model in apps.get_models():
        for name in getattr(model, "pii_fields", ()):
            found.setdefault(name, set()).add(model.__qualname__)
    return found


def unfit_fields(event: type) -> list[str]:
    """The fields of an event, nested ones by path, that are or may be personal data, each with why."""
    personal = personal_fields()
    unfit = []
    for path, name, hint in _leaves(event, ""):
        if name in personal:
            unfit.append(f"{path} has the name of personal data of {', '.join(sorted(personal[name]))}")
        elif hint is str and name not in CODE_NAMES and not name.endswith(CODE_ENDINGS):
            unfit.append(f"{path} is free text: use an enum, an id, or a name that says it is a code")
        elif hint is Any or hint is object or get_origin(hint) is dict or hint is dict:
            unfit.append(f"{path} may hold anything")
    return unfit


def _leaves(cls: type, prefix: str) -> Iterator[tuple[str, str, Any]]:
    hints = get_type_hints(cls)
    for field in fields(cls):
        path = f"{prefix}{field.name}"
        for hint in _parts(hints[field.name]):
            yield path, field.name, hint
            if is_dataclass(hint) and isinstance(hint, type):
                yield from _leaves(hint, f"{path}.")


def _parts(hint: Any) -> Iterator[Any]:
    if get_origin(hint) in {Union, UnionType, list, tuple, set, frozenset}:
        for part in get_args(hint):
            if part is not NoneType and part is not Ellipsis:
                yield from _parts(part)
    else:
        yield hint
