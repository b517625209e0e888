"""The context map as a page of Markdown with Mermaid diagrams, the same for the same code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from config.contextmap.machines import machines_of
from config.contextmap.survey import Portrait
from shared_kernel.state_machine import StateMachine

HEAD = """# Context map

Written from the code by `manage.py contextmap`; a test fails when this copy is stale, so change the code instead.

Solid arrows are commands and queries through a facade, dotted arrows are events with the number of kinds followed.
"""


def page(portraits: Sequence[Portrait], kernel_tables: Iterable[str]) -> str:
    """The whole page."""
    sections = [HEAD, _diagram(portraits)]
    sections += ["\n".join(_context(portrait)) for portrait in portraits]
    sections.append("\n".join(_kernel(kernel_tables)))
    return "\n".join(sections)


def _diagram(portraits: Sequence[Portrait]) -> str:
    lines = ["```mermaid", "flowchart LR"]
    lines += [f"    {portrait.name}[{portrait.name}]" for portrait in portraits]
    for portrait in portraits:
        lines += [f"    {portrait.name} -->|calls| {callee}" for callee in portrait.calls]
        kinds: dict[str, set[str]] = defaultdict(set)
        for followed in portrait.followed:
            kinds[followed.producer].update(followed.events)
        for producer in sorted(kinds.keys() - {portrait.name}):
            count = len(kinds[producer])
            lines.append(f"    {producer} -.->|{count} {'event' if count == 1 else 'events'}| {portrait.name}")
    return "\n".join([*lines, "```", ""])


def _context(portrait: Portrait) -> Iterator[str]:
    yield f"## {portrait.name}\n"
    yield f"{portrait.responsibility}\n"
    prefixes = ", ".join(f"`/v1/{prefix}`" for prefix in portrait.url_prefixes)
    yield f"Serves {prefixes} and the same below `/v1/admin`.\n"
    yield from _table(
        "Door",
        ("method", "kind", "what it does", "errors"),
        [
            (f"`{door.name}`", door.kind, door.purpose, ", ".join(f"`{error}`" for error in door.errors))
            for door in portrait.doors
        ],
    )
    yield from _table(
        "Publishes",
        ("event", "public name", "what happened"),
        [
            (f"`{event.name}`", f"`{event.public_name}`" if event.public_name else "", event.purpose)
            for event in portrait.published
        ],
    )
    yield from _table(
        "Follows",
        ("subscription", "events", "replayable"),
        [
            (f"`{one.name}`", ", ".join(f"`{name}`" for name in one.events), "yes" if one.replayable else "no")
            for one in portrait.followed
        ],
    )
    yield from _table(
        "Works on due rows",
        ("work", "where", "what it does"),
        [(f"`{work.name}`", work.where, work.purpose) for work in portrait.works],
    )
    yield "### Tables\n"
    yield ", ".join(f"`{table}`" for table in portrait.tables) + "\n"
    for machine in machines_of(portrait.name):
        yield from _machine(machine)


def _kernel(tables: Iterable[str]) -> Iterator[str]:
    yield "## In every schema\n"
    yield "The kernel's tables move with the schema of each context: " + ", ".join(f"`{name}`" for name in tables) + "."
    yield ""


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if not rows:
        return
    yield f"### {title}\n"
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)
    yield ""


def _machine(machine: StateMachine) -> Iterator[str]:
    yield f"### Life of a {machine.resource.replace('_', ' ')}\n"
    yield "```mermaid"
    yield "stateDiagram-v2"
    yield f"    [*] --> {machine.initial}"
    for arrow in machine.transitions:
        yield from (f"    {source} --> {arrow.target}: {arrow.command}" for source in arrow.sources)
    yield "```\n"
