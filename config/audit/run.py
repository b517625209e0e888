"""One run of the whole audit: every context's own invariants, the facts between them, the walls around them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from uuid import UUID

from django.db import connections

from config.audit.catalog import catalog_findings
from config.audit.estates import estates
from config.audit.merge import disagreements
from config.environment import environment
from shared_kernel import clock, contexts
from shared_kernel.api import AuditFact, AuditFinding, ContextApi
from shared_kernel.facades.binding import context_apis

FACTS_PER_PAGE = 500


class FactsOutOfOrder(RuntimeError):
    """A context answered with facts that are not in ascending order of order id, so they cannot be merged."""


@dataclass(frozen=True, kw_only=True)
class SourcedFinding:
    """A finding and where it comes from: a context, `between contexts`, or the `catalog` of an alias."""

    source: str
    finding: AuditFinding


def audit(*, quiet_for: timedelta, limit: int) -> Iterator[SourcedFinding]:
    """Run every check; at most `limit` findings from each source.

    Orders that moved within `quiet_for` are not compared between contexts: their news may still be on its way.

    Raises:
        FactsOutOfOrder: a context breaks the promise of `audit_facts`.
        Unavailable: a context does not answer.
    """
    apis = context_apis()
    for name, api in apis.items():
        yield from _sourced(name, api.audit_findings(limit=limit))
    yield from _sourced("between contexts", islice(_between(apis, quiet_for), limit))
    yield from _sourced("catalog", islice(_catalog(), limit))


def _sourced(source: str, findings: Iterator[AuditFinding] | list[AuditFinding]) -> Iterator[SourcedFinding]:
    for finding in findings:
        yield SourcedFinding(source=source, finding=finding)


def _between(apis: Mapping[str, ContextApi], quiet_for: timedelta) -> Iterator[AuditFinding]:
    hosted = contexts.hosted()
    if not hosted:
        return
    callers = {name: [caller.name for caller in contexts.known() if name in caller.calls] for name in apis}
    yield from disagreements(
        {name: facts_of(api) for name, api in apis.items()},
        callers=callers,
        quiet_since=clock.database_now(hosted[0].name) - quiet_for,
    )


def facts_of(api: ContextApi) -> Iterator[AuditFact]:
    """Every fact of a context, page by page.

    Raises:
        FactsOutOfOrder: a page does not continue where the last one ended.
    """
    after: UUID | None = None
    seen: UUID | None = None
    while True:
        page = api.audit_facts(after=after, limit=FACTS_PER_PAGE)
        for fact in page.facts:
            if seen is not None and fact.order_id < seen:
                raise FactsOutOfOrder(f"{fact.order_id} follows {seen}")
            seen = fact.order_id
            yield fact
        if page.next_after is None:
            return
        after = page.next_after


def _catalog() -> Iterator[AuditFinding]:
    """The findings of each database once, however many aliases lead to it."""
    expected = estates(environment())
    seen: set[AuditFinding] = set()
    for alias in environment().databases:
        with connections[alias].cursor() as cursor:
            for finding in catalog_findings(cursor, expected):
                if finding not in seen:
                    seen.add(finding)
                    yield finding
