"""Validation errors of Django REST framework as a flat list with JSON pointers (RFC 6901)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rest_framework.exceptions import ErrorDetail
from rest_framework.settings import api_settings

from shared_kernel.http.problems import FieldError

# One answer names at most so many errors: a body of 100 bad lines must not make an answer of a megabyte.
MOST_ERRORS = 100


def field_errors(detail: Any) -> tuple[FieldError, ...]:
    """Every leaf of a validation error's tree, the first hundred of them."""
    found = []
    for error in _leaves(detail, ""):
        found.append(error)
        if len(found) == MOST_ERRORS:
            break
    return tuple(found)


def _leaves(detail: Any, pointer: str) -> Iterator[FieldError]:
    if isinstance(detail, dict):
        for key, value in detail.items():
            whole = key == api_settings.NON_FIELD_ERRORS_KEY
            yield from _leaves(value, pointer if whole else f"{pointer}/{escape(str(key))}")
    elif isinstance(detail, list):
        for index, value in enumerate(detail):
            # A list of messages belongs to the field itself; a list of dicts or lists is indexed like the input.
            own = isinstance(value, (ErrorDetail, str))
            yield from _leaves(value, pointer if own else f"{pointer}/{index}")
    elif detail:
        yield FieldError(pointer=pointer, code=getattr(detail, "code", None) or "invalid", detail=str(detail))


def escape(key: str) -> str:
    """A member name as a reference token of a JSON pointer."""
    return key.replace("~", "~0").replace("/", "~1")
