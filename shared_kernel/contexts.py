"""The contexts of this deployable, as the composition root declared them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pkgutil import resolve_name


@dataclass(frozen=True, kw_only=True)
class Context:
    """One bounded context: its name is its package, app label, database alias, schema and queue.

    Dotted paths are loaded only where the context is hosted. `calls` names the contexts whose facades it uses;
    `url_prefixes` are the first path segments below /v1 and /v1/admin that it serves; `id_prefixes` say how
    the ids that it owns are written outside (`{"order_id": "ord"}`).
    """

    name: str
    protocol: str
    facade: str
    operations: str
    urls: str
    url_prefixes: tuple[str, ...]
    id_prefixes: dict[str, str] = field(default_factory=dict)
    calls: tuple[str, ...] = ()

    def load_protocol(self) -> type:
        """The Protocol class of the facade; importable everywhere."""
        module, _, name = self.protocol.rpartition(".")
        protocol: type = resolve_name(f"{module}:{name}")
        return protocol


class UnknownContext(LookupError):
    """Something names a context that the composition root did not declare."""


_known: dict[str, Context] = {}
_hosted: list[str] = []


def configure(known: Iterable[Context], hosted: Iterable[str]) -> None:
    """Declare which contexts exist and which of them run in this process; called once, from settings."""
    _known.clear()
    _known.update((context.name, context) for context in known)
    _hosted[:] = hosted
    for name in _hosted:
        get(name)


def known() -> list[Context]:
    """Every context that exists, in the order of declaration."""
    return list(_known.values())


def hosted() -> list[Context]:
    """The contexts whose code and data live in this process."""
    return [_known[name] for name in _hosted]


def get(name: str) -> Context:
    """The context of this name.

    Raises:
        UnknownContext: none has it.
    """
    try:
        return _known[name]
    except KeyError:
        raise UnknownContext(f"no context is called {name!r}") from None


def id_prefix(field_name: str) -> str | None:
    """The TypeID prefix of ids in fields of this name (`order_id` or the plural `order_ids`), None for all others."""
    singular = field_name.removesuffix("s")
    return next((context.id_prefixes[singular] for context in known() if singular in context.id_prefixes), None)
