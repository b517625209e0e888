"""Invariants that no context can check alone: what several of them state of one order, merged by order id."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from heapq import merge
from itertools import chain, groupby
from uuid import UUID

from shared_kernel.api import AuditFact, AuditFinding

# What a context may state of an order that nobody else has heard of: it holds nothing, or only what runs out by itself.
HARMLESS = re.compile(r"none|held|released|0 [A-Z]{3}")


@dataclass(frozen=True, kw_only=True)
class _LoneFact:
    fact: AuditFact
    context: str
    silent: frozenset[str]


def disagreements(
    streams: Mapping[str, Iterable[AuditFact]], *, callers: Mapping[str, Collection[str]], quiet_since: datetime
) -> Iterator[AuditFinding]:
    """Merge the facts of each context, in ascending order of order id, in one pass.

    Two contexts that state the same topic of an order must agree. An order for which a context holds anything must be
    known to the contexts that command it (`callers`, by the name of the commanded) and to those that state the same
    topic of other orders. Orders that moved after `quiet_since` are left for the next run.
    """
    speakers = _without_the_mute(streams)
    stated_by: dict[str, set[str]] = defaultdict(set)
    lone: list[_LoneFact] = []
    in_order = merge(*(_tagged(name, facts) for name, facts in speakers.items()), key=_order_id)
    for order_id, group in groupby(in_order, key=_order_id):
        facts = list(group)
        for name, fact in facts:
            stated_by[fact.topic].add(name)
        if max(fact.changed_at for _, fact in facts) > quiet_since:
            continue
        yield from _contradictions(order_id, facts)
        lone += _lone_facts(facts, frozenset(speakers))
    for entry in lone:
        concerned = stated_by[entry.fact.topic].union(callers.get(entry.context, ()))
        for name in sorted(concerned & entry.silent):
            yield AuditFinding(
                invariant="order_unknown",
                subject=f"order {entry.fact.order_id}",
                detail=f"{entry.context} states {entry.fact.topic} {entry.fact.value}, {name} does not know the order",
            )


def _tagged(name: str, facts: Iterable[AuditFact]) -> Iterator[tuple[str, AuditFact]]:
    return ((name, fact) for fact in facts)


def _order_id(entry: tuple[str, AuditFact]) -> UUID:
    return entry[1].order_id


def _without_the_mute(streams: Mapping[str, Iterable[AuditFact]]) -> dict[str, Iterator[AuditFact]]:
    """The streams that hold anything; a context without any facts has no say in the matter."""
    speakers: dict[str, Iterator[AuditFact]] = {}
    for name, facts in streams.items():
        iterator = iter(facts)
        first = next(iterator, None)
        if first is not None:
            speakers[name] = chain([first], iterator)
    return speakers


def _contradictions(order_id: UUID, facts: list[tuple[str, AuditFact]]) -> Iterator[AuditFinding]:
    values: dict[str, dict[str, str]] = defaultdict(dict)
    for name, fact in facts:
        values[fact.topic][name] = fact.value
    for topic, by_context in sorted(values.items()):
        if len(set(by_context.values())) > 1:
            stated = ", ".join(f"{name} says {value}" for name, value in sorted(by_context.items()))
            yield AuditFinding(invariant=f"contexts_agree_on_{topic}", subject=f"order {order_id}", detail=stated)


def _lone_facts(facts: list[tuple[str, AuditFact]], speakers: frozenset[str]) -> Iterator[_LoneFact]:
    heard = {name for name, _ in facts}
    if heard == speakers:
        return
    topics = Counter(fact.topic for _, fact in facts)
    for name, fact in facts:
        if topics[fact.topic] == 1 and not HARMLESS.fullmatch(fact.value):
            yield _LoneFact(fact=fact, context=name, silent=speakers - heard)
