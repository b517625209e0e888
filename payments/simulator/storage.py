"""The simulator's own tables; an operation is written once, committed before it is answered, and never changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection, Cursor
from psycopg.rows import class_row, dict_row
from psycopg_pool import ConnectionPool

from payments.simulator.misbehavior import Kind, Mode

MOST_CONNECTIONS = 8
WAIT_SECONDS = 5.0

# The lock lets several processes start at once: `create … if not exists` alone can fail on a race.
_TABLES = """
select pg_advisory_xact_lock(hashtext('ashlar payment simulator'));
create table if not exists operation (
  seq bigint generated always as identity primary key,
  key text not null unique,
  kind text not null,
  request text not null,
  status text not null check (status in ('succeeded', 'declined')),
  code text,
  reference text not null unique,
  "authorization" text not null,
  payment_method text not null,
  amount bigint not null check (amount > 0),
  currency text not null,
  created_at timestamptz not null default clock_timestamp()
);
create index if not exists operation_authorization on operation ("authorization");
create table if not exists attempt (key text primary key, tries int not null);
create table if not exists script (
  id bigint generated always as identity primary key,
  mode text not null, kind text, remaining int not null
);
create table if not exists healing (one bool primary key default true check (one));
create or replace function ledger_is_append_only() returns trigger language plpgsql as $$
begin
  raise exception 'the ledger of the simulator is append-only';
end $$;
create or replace trigger operation_append_only before update or delete on operation
  for each row execute function ledger_is_append_only();
"""


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One line of the ledger: what was asked under a key, and the answer that stands for ever.

    `authorization` is the reference of the authorization it belongs to, its own for an authorization.
    """

    seq: int
    key: str
    kind: str
    request: str
    status: str
    code: str | None
    reference: str
    authorization: str
    payment_method: str
    amount: int
    currency: str
    created_at: datetime


class Storage:
    """A pool of connections to the simulator's schema, which the role's search path names."""

    def __init__(self, conninfo: str) -> None:
        self._pool = ConnectionPool(
            conninfo, min_size=0, max_size=MOST_CONNECTIONS, timeout=WAIT_SECONDS, open=False, name="simulator"
        )

    def open(self) -> None:
        """Connect, and make the tables that are missing."""
        self._pool.open()
        with self._pool.connection() as connection:
            connection.execute(_TABLES)

    def close(self) -> None:
        """Let go of every connection."""
        self._pool.close()

    @contextmanager
    def transaction(self) -> Iterator[Ledger]:
        """One transaction on the ledger, committed at the end of the block."""
        with self._pool.connection() as connection:
            yield Ledger(connection)

    def count_try(self, key: str) -> int:
        """How often this key has been seen, this time included; survives whatever happens to the call."""
        row = self._one(
            "insert into attempt as a (key, tries) values (%s, 1)"
            " on conflict (key) do update set tries = a.tries + 1 returning tries",
            [key],
        )
        return int(row["tries"])

    def scripted_mode(self, kind: Kind) -> Mode | None:
        """The mode that the script holds for the next call of this kind, used up by asking."""
        with self._pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
            cursor.execute(
                "update script set remaining = remaining - 1 where id = ("
                " select id from script where remaining > 0 and (kind is null or kind = %s)"
                " order by id limit 1 for update) returning mode",
                [kind],
            )
            row = cursor.fetchone()
        return Mode(row["mode"]) if row else None

    def add_script(self, mode: Mode, *, calls: int, kind: Kind | None) -> None:
        """Set the mode of the next calls, after those set before."""
        with self._pool.connection() as connection:
            connection.execute("insert into script (mode, kind, remaining) values (%s, %s, %s)", [mode, kind, calls])

    def forget_scripts(self, *, healed: bool) -> None:
        """Drop what is left of all scripts; `healed` says whether `sim_error` behaves from now on."""
        with self._pool.connection() as connection:
            connection.execute("delete from script")
            connection.execute("delete from healing")
            if healed:
                connection.execute("insert into healing default values")

    def is_healed(self) -> bool:
        """Whether `sim_error` behaves."""
        return bool(self._one("select exists (select 1 from healing) as healed", [])["healed"])

    def operations(self, *, after: int, limit: int) -> list[Operation]:
        """The ledger from the line after `after` on, in the order of writing."""
        with self.transaction() as ledger:
            return ledger.read("select * from operation where seq > %s order by seq limit %s", [after, limit])

    def _one(self, statement: str, parameters: list[Any]) -> dict[str, Any]:
        with self._pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
            row = cursor.execute(statement.encode(), parameters).fetchone()
        if row is None:
            raise LookupError(statement)
        return row


class Ledger:
    """The ledger inside one transaction."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._connection = connection

    def find(self, key: str) -> Operation | None:
        """The operation under a key."""
        return next(iter(self.read("select * from operation where key = %s", [key])), None)

    def lock_authorization(self, reference: str) -> Operation | None:
        """The authorization of this reference, locked: what belongs to it happens one after the other."""
        statement = "select * from operation where reference = %s and kind = %s for update"
        return next(iter(self.read(statement, [reference, Kind.AUTHORIZATION])), None)

    def totals(self, authorization: str) -> dict[str, int]:
        """What has succeeded on an authorization, in minor units by kind."""
        with self._connection.cursor(row_factory=dict_row) as cursor:
            cursor.execute(
                "select kind, sum(amount)::bigint as amount from operation"
                ' where "authorization" = %s and status = %s group by kind',
                [authorization, "succeeded"],
            )
            return {row["kind"]: row["amount"] for row in cursor}

    def write(self, **columns: Any) -> Operation | None:
        """Write an operation; None when another one took its key first, and that one is committed now."""
        statement = (
            'insert into operation (key, kind, request, status, code, reference, "authorization",'
            " payment_method, amount, currency) values (%(key)s, %(kind)s, %(request)s, %(status)s, %(code)s,"
            " %(reference)s, %(authorization)s, %(payment_method)s, %(amount)s, %(currency)s)"
            " on conflict (key) do nothing returning *"
        )
        return next(iter(self.read(statement, columns)), None)

    def read(self, statement: str, parameters: Any) -> list[Operation]:
        """The operations that a statement of this module answers."""
        cursor: Cursor[Operation]
        with self._connection.cursor(row_factory=class_row(Operation)) as cursor:
            return cursor.execute(statement.encode(), parameters).fetchall()
