"""Which adapter stands behind each facade in this process: exactly one, or the process does not start."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pkgutil import resolve_name
from typing import Any, TypeVar, cast

from django.core.exceptions import ImproperlyConfigured

from shared_kernel import contexts
from shared_kernel.api import ContextApi
from shared_kernel.contexts import Context
from shared_kernel.facades import contract
from shared_kernel.facades.adapters import Adapter, CodecAdapter, LocalAdapter
from shared_kernel.facades.codec import Codec
from shared_kernel.facades.methods import methods_of

P = TypeVar("P")
A = TypeVar("A", bound=Adapter)


class Proxy:
    """Stands in for a facade: looks like the Protocol, hands each call to the adapter bound at this moment."""

    def __init__(self, protocol: type, adapter: Adapter) -> None:
        self.adapter = adapter
        self._methods = methods_of(protocol)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        try:
            method = self._methods[name]
        except KeyError:
            raise AttributeError(name) from None

        def call(**arguments: Any) -> Any:
            return self.adapter.invoke(method, arguments)

        return call


@dataclass(frozen=True)
class Bindings:
    """What stands behind every facade and every context's operations in one process."""

    facades: dict[type, Proxy] = field(default_factory=dict)
    operations: dict[str, Proxy] = field(default_factory=dict)


_bindings = Bindings()


def start(*, through_codec: bool) -> None:
    """Bind what this process hosts; called once, when Django is set up.

    Raises:
        ImproperlyConfigured: a hosted context calls one that is bound to nothing, or two facades share a Protocol.
        ContractViolation: a facade could not become remote.
    """
    global _bindings  # noqa: PLW0603 - one process has one shape
    _bindings = build(contexts.hosted(), contexts.known(), through_codec=through_codec)


def build(hosted: list[Context], known: list[Context], *, through_codec: bool) -> Bindings:
    """Bind the facades of `hosted` and check that each can travel and that whatever they call is bound.

    Raises:
        ImproperlyConfigured: a hosted context calls one that is bound to nothing, or two facades share a Protocol.
        ContractViolation: a facade could not become remote.
    """
    bindings = Bindings()
    contract.check(ContextApi)
    for context in hosted:
        protocol = context.load_protocol()
        contract.check(protocol)
        if protocol in bindings.facades:
            raise ImproperlyConfigured(f"two contexts are bound to {protocol.__qualname__}")
        bindings.facades[protocol] = _local(protocol, context.facade, through_codec=through_codec)
        bindings.operations[context.name] = _local(ContextApi, context.operations, through_codec=through_codec)
    protocols = {context.name: context.load_protocol() for context in known}
    for context in hosted:
        for callee in context.calls:
            if protocols.get(callee) not in bindings.facades:
                raise ImproperlyConfigured(
                    f"{context.name} calls {callee}, which this process neither hosts nor can reach"
                )
    return bindings


def bound(protocol: type[P]) -> P:
    """The facade behind `protocol`.

    Raises:
        ImproperlyConfigured: nothing is bound to it in this process.
    """
    try:
        return cast("P", _bindings.facades[protocol])
    except KeyError:
        raise ImproperlyConfigured(f"nothing is bound to {protocol.__qualname__} in this process") from None


def context_apis() -> dict[str, ContextApi]:
    """The operations of every bound context, by its name."""
    return cast("dict[str, ContextApi]", dict(_bindings.operations))


@contextmanager
def wrapped(protocol: type, wrap: Callable[[Adapter], A]) -> Iterator[A]:
    """Put another adapter before the one bound to `protocol` inside the block."""
    proxy = _bindings.facades[protocol]
    inner = proxy.adapter
    outer = wrap(inner)
    proxy.adapter = outer
    try:
        yield outer
    finally:
        proxy.adapter = inner


def _local(protocol: type, implementation: str, *, through_codec: bool) -> Proxy:
    facade = resolve_name(_object_reference(implementation))
    breaches = list(contract.breaches_of_implementation(protocol, facade))
    if breaches:
        raise contract.ContractViolation("; ".join(breaches))
    adapter: Adapter = LocalAdapter(facade())
    if through_codec:
        adapter = CodecAdapter(adapter, Codec(protocol))
    return Proxy(protocol, adapter)


def _object_reference(dotted: str) -> str:
    module, _, name = dotted.rpartition(".")
    return f"{module}:{name}"
