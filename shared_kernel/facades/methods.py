"""The two kinds of facade method: a query is safe, a command may be repeated."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeVar, get_type_hints

F = TypeVar("F", bound=Callable[..., Any])

_MARK = "__ashlar_method_kind__"

DEFAULT_TIMEOUT = timedelta(seconds=5)


class MethodKind(StrEnum):
    """What a caller may do with a method when it does not know whether a call arrived."""

    QUERY = "query"
    COMMAND = "command"


def query(function: F) -> F:
    """Mark a facade method that changes nothing, so it may be asked again at will."""
    setattr(function, _MARK, MethodKind.QUERY)
    return function


def command(function: F) -> F:
    """Mark a facade method that changes something once per the ids it is given, however often it is repeated."""
    setattr(function, _MARK, MethodKind.COMMAND)
    return function


@dataclass(frozen=True, kw_only=True)
class Method:
    """One method of a facade Protocol, with everything an adapter needs to carry a call."""

    name: str
    kind: MethodKind
    arguments: dict[str, Any]
    defaults: dict[str, Any]
    result: Any
    timeout: timedelta = DEFAULT_TIMEOUT


def methods_of(protocol: type) -> dict[str, Method]:
    """The marked methods of a Protocol, by name, with their resolved types."""
    found = {}
    for name, function in vars(protocol).items():
        kind = getattr(function, _MARK, None)
        if kind is None:
            continue
        hints = get_type_hints(function)
        result = hints.pop("return", None)
        parameters = inspect.signature(function).parameters
        defaults = {
            key: parameter.default
            for key, parameter in parameters.items()
            if parameter.default is not inspect.Parameter.empty
        }
        found[name] = Method(name=name, kind=kind, arguments=hints, defaults=defaults, result=result)
    return found
