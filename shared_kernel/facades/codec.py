"""The wire codec: arguments, results and errors as JSON and back, read tolerantly."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from typing import Any, get_type_hints

import msgspec

from shared_kernel import errors
from shared_kernel.errors import DomainError, ErrorKind
from shared_kernel.facades.contract import ContractViolation
from shared_kernel.facades.methods import Method, methods_of

_BY_KIND: dict[ErrorKind, type[DomainError]] = {
    ErrorKind.NOT_FOUND: errors.NotFound,
    ErrorKind.INVALID: errors.Invalid,
    ErrorKind.REJECTED: errors.Rejected,
    ErrorKind.CONFLICT: errors.Conflict,
    ErrorKind.FORBIDDEN: errors.Forbidden,
    ErrorKind.UNAVAILABLE: errors.Unavailable,
    ErrorKind.DEADLINE_EXCEEDED: errors.DeadlineExceeded,
}


class WireError(msgspec.Struct, kw_only=True):
    """A domain error as it travels."""

    kind: str
    code: str
    attributes: dict[str, Any]


class Codec:
    """Writes and reads the calls of one facade Protocol.

    Unknown fields are ignored and missing optional ones take their defaults, so that the two sides may differ in age.
    """

    def __init__(self, protocol: type) -> None:
        self._protocol = protocol
        self._methods = methods_of(protocol)
        self._arguments = {
            name: msgspec.json.Decoder(_arguments_struct(method)) for name, method in self._methods.items()
        }
        self._results = {name: msgspec.json.Decoder(method.result) for name, method in self._methods.items()}

    def encode_arguments(self, arguments: dict[str, Any]) -> bytes:
        """Write the arguments of one call."""
        return _encode(arguments)

    def decode_arguments(self, method: str, data: bytes) -> dict[str, Any]:
        """Read the arguments of one call; dataclasses, ids and times are rebuilt.

        Raises:
            Invalid: they do not have the types that the Protocol declares.
        """
        try:
            struct = self._arguments[method].decode(data)
        except msgspec.ValidationError as problem:
            raise errors.Invalid from problem
        return msgspec.structs.asdict(struct)

    def encode_result(self, result: Any) -> bytes:
        """Write the answer of one call."""
        return _encode(result)

    def decode_result(self, method: str, data: bytes) -> Any:
        """Read the answer of one call."""
        return self._results[method].decode(data)

    def encode_error(self, error: DomainError) -> bytes:
        """Write a domain error.

        Raises:
            ContractViolation: neither the Protocol's module nor the kernel declares it, so no caller could know it.
        """
        if self._errors.get(error.code) is not type(error):
            raise ContractViolation(
                f"{self._protocol.__qualname__} does not declare {type(error).__qualname__}"
            ) from error
        return _encode(WireError(kind=error.kind, code=error.code, attributes=error.attributes))

    def decode_error(self, data: bytes) -> DomainError:
        """Read a domain error back as the class that the Protocol's module declares, an unknown one as its kind's."""
        wire = msgspec.json.decode(data, type=WireError)
        declared = self._errors.get(wire.code)
        if declared is None:
            return _BY_KIND[ErrorKind(wire.kind)]()
        hints = get_type_hints(declared)
        attributes = {
            field.name: msgspec.convert(wire.attributes[field.name], hints[field.name])
            for field in dataclasses.fields(declared)
            if field.name in wire.attributes
        }
        return declared(**attributes)

    @cached_property
    def _errors(self) -> dict[str, type[DomainError]]:
        own = [
            member
            for member in vars(sys.modules[self._protocol.__module__]).values()
            if isinstance(member, type) and issubclass(member, DomainError) and member is not DomainError
        ]
        kernel = [member for member in _subclasses(DomainError) if member.__module__.startswith("shared_kernel.")]
        return {member.code: member for member in [*kernel, *own]}


def _arguments_struct(method: Method) -> type[msgspec.Struct]:
    fields: list[Any] = [
        (name, hint, method.defaults[name]) if name in method.defaults else (name, hint)
        for name, hint in method.arguments.items()
    ]
    return msgspec.defstruct(f"{method.name}_arguments", fields, kw_only=True)


def _encode(value: Any) -> bytes:
    _refuse_naive_times(value)
    return msgspec.json.encode(value)


def _refuse_naive_times(value: Any) -> None:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ContractViolation("a time without a time zone cannot cross a context boundary")
    elif isinstance(value, dict):
        for member in value.values():
            _refuse_naive_times(member)
    elif isinstance(value, list):
        for member in value:
            _refuse_naive_times(member)
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            _refuse_naive_times(getattr(value, field.name))


def _subclasses(parent: type[DomainError]) -> Iterator[type[DomainError]]:
    for child in parent.__subclasses__():
        yield child
        yield from _subclasses(child)
