"""Test databases: bootstrapped and migrated once as in production, then copied for each worker."""

from __future__ import annotations

import os
from typing import Any

import psycopg
from psycopg import sql

from config.database.bootstrap import bootstrap
from config.database.migrating import migrate_one
from config.environment import read_environment
from tests.servers import TestRun

TEMPLATE = "ashlar_template"
SEEDS = "seeds"
# Written by migrations only; putting them back each time would cost more than the tests.
UNTOUCHED = ("django_migrations", "django_content_type", "auth_permission")


class TestDatabase:
    """The database of this process, and the way to put it back into the state right after migration."""

    __test__ = False

    def __init__(self, run: TestRun, name: str) -> None:
        self.run = run
        self.name = name
        self._superuser: psycopg.Connection[tuple[Any, ...]] | None = None

    def make(self) -> None:
        """Start the servers, build the template unless another worker did, and copy it under our name."""
        with self.run.locked():
            self.run.start_servers()
            with psycopg.connect(self.run.database_url("postgres"), autocommit=True) as server:
                if not server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [TEMPLATE]).fetchone():
                    self._make_template(server)
                server.execute(
                    sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                        sql.Identifier(self.name), sql.Identifier(TEMPLATE)
                    )
                )
            # The rights on a database itself are not copied.
            bootstrap(read_environment({**os.environ, "DATABASE_URL": self.run.database_url(self.name)}))

    def superuser(self) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection of the superuser to this database, in autocommit, kept for the session."""
        if self._superuser is None or self._superuser.closed:
            self._superuser = psycopg.connect(self.run.database_url(self.name), autocommit=True)
        return self._superuser

    def close(self) -> None:
        """Close the kept connection."""
        if self._superuser is not None:
            self._superuser.close()

    def reset(self) -> None:
        """Empty every table and put back the rows that migrations made.

        Raises:
            AssertionError: somebody still holds a table in an open transaction.
        """
        connection = self.superuser()
        tables = _tables(connection)
        seeded = {name for schema, name in tables if schema == SEEDS}
        candidates = [table for table in tables if table[0] != SEEDS and table[1] not in UNTOUCHED]
        dirty = _filled(connection, [table for table in candidates if ".".join(table) not in seeded])
        dirty += [table for table in candidates if ".".join(table) in seeded]
        if not dirty:
            return
        with connection.transaction():
            connection.execute("SET LOCAL lock_timeout = '5s'")
            try:
                connection.execute(
                    sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(
                        sql.SQL(", ").join(sql.Identifier(*table) for table in dirty)
                    )
                )
            except psycopg.errors.LockNotAvailable as error:
                raise AssertionError(f"the test left a transaction open: {_sessions(self.run, self.name)}") from error
            for schema, name in dirty:
                if f"{schema}.{name}" in seeded:
                    connection.execute(
                        sql.SQL("INSERT INTO {} OVERRIDING SYSTEM VALUE SELECT * FROM {}").format(
                            sql.Identifier(schema, name), sql.Identifier(SEEDS, f"{schema}.{name}")
                        )
                    )

    def _make_template(self, server: psycopg.Connection[tuple[Any, ...]]) -> None:
        draft = f"{TEMPLATE}_draft"
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(draft)))
        environment = read_environment({**os.environ, "DATABASE_URL": self.run.database_url(draft)})
        bootstrap(environment)
        for database in environment.databases.values():
            migrate_one(environment, database, str)
        with psycopg.connect(self.run.database_url(draft), autocommit=True) as connection:
            tables = [table for table in _tables(connection) if table[1] not in UNTOUCHED]
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(SEEDS)))
            for schema, name in _filled(connection, tables):
                connection.execute(
                    sql.SQL("CREATE TABLE {} AS TABLE {}").format(
                        sql.Identifier(SEEDS, f"{schema}.{name}"), sql.Identifier(schema, name)
                    )
                )
        server.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(draft), sql.Identifier(TEMPLATE))
        )


def _tables(connection: psycopg.Connection[tuple[Any, ...]]) -> list[tuple[str, str]]:
    rows = connection.execute(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    ).fetchall()
    return [(schema, name) for schema, name in rows]


def _filled(connection: psycopg.Connection[tuple[Any, ...]], tables: list[tuple[str, str]]) -> list[tuple[str, str]]:
    if not tables:
        return []
    probes = [
        sql.SQL("SELECT {}, {} WHERE EXISTS (SELECT 1 FROM {})").format(
            sql.Literal(schema), sql.Literal(name), sql.Identifier(schema, name)
        )
        for schema, name in tables
    ]
    return [(schema, name) for schema, name in connection.execute(sql.SQL(" UNION ALL ").join(probes)).fetchall()]


def _sessions(run: TestRun, database: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(run.database_url(database), autocommit=True) as connection:
        return connection.execute(
            "SELECT usename, state, left(query, 120) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
        ).fetchall()
