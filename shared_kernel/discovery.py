"""Importing the modules of contexts in which events, handlers and background work are declared."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

from shared_kernel import contexts
from shared_kernel.events import registry
from shared_kernel.events.registry import DeclarationError


def discover() -> None:
    """Import `events` of every known context, and `handlers` and `tasks` of the hosted ones.

    Raises:
        DeclarationError: a subscription bears the name of another context than the one that declares it.
    """
    for context in contexts.known():
        _import(f"{context.name}.events")
    for context in contexts.hosted():
        _import(f"{context.name}.handlers")
        _import(f"{context.name}.tasks")
    for subscription in registry.subscriptions():
        home = subscription.handler.__module__.partition(".")[0]
        if home != subscription.consumer:
            raise DeclarationError(f"{subscription.name} is declared by {home}: its name begins with its own context")


def _import(path: str) -> None:
    # A context without such a module does not need it; an error inside one must not look like that.
    if find_spec(path) is not None:
        import_module(path)
