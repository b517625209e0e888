"""What each context shows: its door, its events, whom it follows, its work, its tables, its part of the URL space."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from importlib import import_module

from django.apps import apps

from shared_kernel import contexts, due
from shared_kernel.contexts import Context
from shared_kernel.events import registry
from shared_kernel.facades.methods import methods_of

KERNEL = "shared_kernel"
RAISES = re.compile(r"^Raises:\n((?:[ ]+.*\n?)+)", re.MULTILINE)
ERROR = re.compile(r"^ {4}(\w+):", re.MULTILINE)


class IncompleteSurvey(RuntimeError):
    """This process hosts only some of the contexts, so its map would have holes."""


@dataclass(frozen=True, kw_only=True)
class Door:
    """One facade method: `kind` is query or command, `errors` are those its docstring promises."""

    name: str
    kind: str
    purpose: str
    errors: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Published:
    """One event; `public_name` is what subscribers of webhooks know it by."""

    name: str
    purpose: str
    public_name: str | None


@dataclass(frozen=True, kw_only=True)
class Followed:
    """One subscription and the events it takes from its producer."""

    name: str
    producer: str
    events: tuple[str, ...]
    replayable: bool


@dataclass(frozen=True, kw_only=True)
class Work:
    """One kind of due work; `where` is relay or worker."""

    name: str
    where: str
    purpose: str


@dataclass(frozen=True, kw_only=True)
class Portrait:
    """One context as its neighbors and operators see it."""

    name: str
    responsibility: str
    calls: tuple[str, ...]
    doors: tuple[Door, ...]
    published: tuple[Published, ...]
    followed: tuple[Followed, ...]
    works: tuple[Work, ...]
    tables: tuple[str, ...]
    url_prefixes: tuple[str, ...]


def survey() -> list[Portrait]:
    """A portrait of every context, in the order of the topology.

    Raises:
        IncompleteSurvey: some contexts are not hosted here.
    """
    hosted = {context.name for context in contexts.hosted()}
    missing = [context.name for context in contexts.known() if context.name not in hosted]
    if missing:
        raise IncompleteSurvey(f"the map needs every context, and this process does not host {', '.join(missing)}")
    return [_portrait(context) for context in contexts.known()]


def kernel_tables() -> list[str]:
    """The tables that every context has in its own schema."""
    return _tables(KERNEL)


def _portrait(context: Context) -> Portrait:
    return Portrait(
        name=context.name,
        responsibility=inspect.getdoc(import_module(context.name)) or "",
        calls=context.calls,
        doors=_doors(context),
        published=_published(context),
        followed=_followed(context),
        works=tuple(
            Work(name=work.name, where=work.where.value, purpose=_first_line(work.function))
            for work in due.works(context.name)
        ),
        tables=tuple(_tables(context.name)),
        url_prefixes=context.url_prefixes,
    )


def _doors(context: Context) -> tuple[Door, ...]:
    protocol = context.load_protocol()
    return tuple(
        Door(
            name=method.name,
            kind=method.kind.value,
            purpose=_first_line(getattr(protocol, method.name)),
            errors=promised_errors(getattr(protocol, method.name)),
        )
        for method in methods_of(protocol).values()
    )


def promised_errors(function: object) -> tuple[str, ...]:
    """The errors below `Raises:` in a docstring."""
    section = RAISES.search(inspect.getdoc(function) or "")
    return tuple(ERROR.findall(section.group(1))) if section else ()


def _published(context: Context) -> tuple[Published, ...]:
    public_names = getattr(import_module(f"{context.name}.events"), "PUBLIC_NAMES", {})
    return tuple(
        Published(name=name, purpose=_first_line(event), public_name=public_names.get(event))
        for name, event in sorted(registry.declared_events().items())
        if name.partition(".")[0] == context.name
    )


def _followed(context: Context) -> tuple[Followed, ...]:
    return tuple(
        Followed(
            name=subscription.name,
            producer=subscription.producer,
            events=tuple(subscription.events),
            replayable=subscription.replayable,
        )
        for subscription in registry.subscriptions(context.name)
    )


def _tables(app_label: str) -> list[str]:
    return sorted(
        model._meta.db_table for model in apps.get_app_config(app_label).get_models(include_auto_created=True)
    )


def _first_line(documented: object) -> str:
    return (inspect.getdoc(documented) or "").partition("\n")[0]
