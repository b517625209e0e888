"""The third net: what the database's own catalog says about the walls between the schemas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString, Protocol

from config.audit.walls import ESTATES, WALLS
from shared_kernel.api import AuditFinding


@dataclass(frozen=True, kw_only=True)
class Estate:
    """One schema and its two roles: `owner` makes tables, `app` reads and writes rows."""

    schema: str
    owner: str
    app: str


class Cursor(Protocol):
    """What psycopg's and Django's cursors have in common."""

    def execute(self, query: LiteralString, params: Sequence[Any], /) -> Any:
        """Run a statement."""

    def fetchall(self) -> list[tuple[Any, ...]]:
        """The rows of the last statement."""


def catalog_findings(cursor: Cursor, estates: Iterable[Estate]) -> list[AuditFinding]:
    """Everything in one database that breaks the walls between those of these schemas that live there."""
    by_schema = {estate.schema: estate for estate in estates}
    cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname = ANY (%s::text[])", [list(by_schema)])
    here = [by_schema[name] for (name,) in sorted(cursor.fetchall())]
    columns = [[e.schema for e in here], [e.owner for e in here], [e.app for e in here]]
    findings = []
    for wall in WALLS:
        cursor.execute(ESTATES + wall.query, columns)
        findings += [
            AuditFinding(invariant=wall.name, subject=subject, detail=detail)
            for subject, detail in sorted(cursor.fetchall())
        ]
    return findings
