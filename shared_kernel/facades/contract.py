"""What a facade may look like: checked at start-up, so that nothing works only in-process."""

from __future__ import annotations

import dataclasses
import inspect
import types
import typing
from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from shared_kernel.facades.methods import methods_of

_SCALARS = (bool, int, str, UUID, datetime, date, types.NoneType)


class ContractViolation(TypeError):
    """A facade promises something that cannot travel over a network."""


def check(protocol: type) -> None:
    """Refuse a facade Protocol that breaks the contract.

    Raises:
        ContractViolation: lists every breach.
    """
    breaches = list(breaches_of(protocol))
    if breaches:
        raise ContractViolation(f"{protocol.__module__}.{protocol.__qualname__}: " + "; ".join(breaches))


def breaches_of(protocol: type) -> Iterator[str]:
    """Every way in which a facade Protocol breaks the contract, one sentence each."""
    methods = methods_of(protocol)
    for name, function in vars(protocol).items():
        if name.startswith("_") or not callable(function):
            continue
        if name not in methods:
            yield f"{name} is neither a query nor a command"
            continue
        for parameter in list(inspect.signature(function).parameters.values())[1:]:
            if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
                yield f"{name}: {parameter.name} is not keyword-only"
            if parameter.annotation is inspect.Parameter.empty:
                yield f"{name}: {parameter.name} has no type"
        if "return" not in function.__annotations__:
            yield f"{name} has no return type"
        for argument, hint in methods[name].arguments.items():
            yield from (f"{name}: {argument}: {breach}" for breach in _breaches_of_type(hint, ()))
        yield from (f"{name} returns {breach}" for breach in _breaches_of_type(methods[name].result, ()))


def breaches_of_implementation(protocol: type, implementation: type) -> Iterator[str]:
    """Every method whose implementation is missing or takes other arguments than its Protocol."""
    for name, method in methods_of(protocol).items():
        function = getattr(implementation, name, None)
        if not callable(function):
            yield f"{implementation.__qualname__} does not implement {name}"
            continue
        hints = get_type_hints(function)
        if hints.pop("return", None) != method.result or hints != method.arguments:
            yield f"{implementation.__qualname__}.{name} has another signature than {protocol.__qualname__}"


def _breaches_of_type(hint: Any, path: tuple[Any, ...]) -> Iterator[str]:
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is None or hint in _SCALARS or hint in path:
        return
    if origin is list:
        yield from _breaches_of_type(arguments[0], path)
    elif origin is dict:
        if arguments[0] is not str:
            yield "a mapping whose keys are not text"
        yield from _breaches_of_type(arguments[1], path)
    elif origin in (Union, types.UnionType):
        members = [member for member in arguments if member is not types.NoneType]
        if len(members) != 1:
            yield "a union of several types"
        for member in members:
            yield from _breaches_of_type(member, path)
    elif isinstance(hint, type) and issubclass(hint, StrEnum):
        return
    elif isinstance(hint, type) and dataclasses.is_dataclass(hint):
        yield from _breaches_of_dataclass(hint, path)
    else:
        yield f"{hint!r}, which does not travel as JSON"


def _breaches_of_dataclass(shape: type, path: tuple[Any, ...]) -> Iterator[str]:
    parameters = shape.__dataclass_params__  # type: ignore[attr-defined]
    if not parameters.frozen:
        yield f"{shape.__name__}, which is not frozen"
    hints = typing.get_type_hints(shape)
    for field in dataclasses.fields(shape):
        if not field.kw_only:
            yield f"{shape.__name__}.{field.name}, which is not keyword-only"
        yield from (
            f"{shape.__name__}.{field.name}: {breach}"
            for breach in _breaches_of_type(hints[field.name], (*path, shape))
        )
