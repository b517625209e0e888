"""Each app role is shut into its own schema: what it may not do, the database refuses."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, LiteralString

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from config.database.bootstrap import bootstrap
from config.environment import environment, read_environment
from config.variables import ConfigurationError
from tests.databases import TestDatabase

Connection = psycopg.Connection[tuple[Any, ...]]
CONTEXTS = ("inventory", "payments", "customers", "orders")


@pytest.fixture
def orders_app(django_db_setup: None) -> Iterator[Connection]:
    with psycopg.connect(environment().databases["orders"].app.conninfo, autocommit=True) as connection:
        yield connection


class TestAnAppRole:
    @pytest.mark.parametrize("foreign", ["inventory", "payments", "customers", "platform", "sim", "public"])
    def test_neither_reads_nor_enters_another_schema(self, orders_app: Connection, foreign: str) -> None:
        row = orders_app.execute("SELECT has_schema_privilege(current_user, %s, 'USAGE, CREATE')", [foreign]).fetchone()

        assert row == (False,)

    def test_is_refused_a_foreign_table(self, orders_app: Connection) -> None:
        with pytest.raises(InsufficientPrivilege):
            orders_app.execute("SELECT * FROM inventory.event_log")

    @pytest.mark.parametrize(
        "statement",
        [
            "CREATE TABLE mine (id int)",
            "CREATE TEMP TABLE mine (id int)",
            "ALTER TABLE event_log ADD COLUMN more text",
            "DROP TABLE event_log",
            "TRUNCATE event_log",
            "CREATE SCHEMA mine",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "UPDATE event_log SET name = 'rewritten'",
            "DELETE FROM event_log",
            "INSERT INTO django_migrations (app, name, applied) VALUES ('a', 'b', now())",
            "SET ROLE orders_owner",
            "SET ROLE inventory_app",
            "SET SESSION AUTHORIZATION orders_owner",
            "ALTER ROLE orders_app SUPERUSER",
            "GRANT orders_owner TO orders_app",
            "COPY event_log TO PROGRAM 'cat'",
            "SELECT pg_read_file('/etc/passwd')",
        ],
    )
    def test_is_refused(self, orders_app: Connection, statement: LiteralString) -> None:
        with pytest.raises(InsufficientPrivilege):
            orders_app.execute(statement)

    def test_may_append_to_the_log(self, orders_app: Connection) -> None:
        row = orders_app.execute(
            "SELECT has_table_privilege('event_log', 'SELECT') AND has_table_privilege('event_log', 'INSERT')"
        ).fetchone()

        assert row == (True,)

    def test_raises_its_own_limits_for_one_transaction(self, orders_app: Connection) -> None:
        with orders_app.transaction():
            orders_app.execute("SET LOCAL statement_timeout = '30s'")

        assert orders_app.execute("SELECT current_setting('statement_timeout')").fetchone() == ("5s",)


class TestAnOwner:
    @pytest.mark.parametrize("context", CONTEXTS)
    def test_owns_every_table_of_its_schema_and_no_other(
        self, django_db_setup: None, test_database: TestDatabase, context: str
    ) -> None:
        owners = test_database.superuser().execute(
            "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = %s", [context]
        )
        schemas = test_database.superuser().execute(
            "SELECT DISTINCT schemaname FROM pg_tables WHERE tableowner = %s", [f"{context}_owner"]
        )

        assert (owners.fetchall(), schemas.fetchall()) == ([(f"{context}_owner",)], [(context,)])


class TestBootstrap:
    def test_may_be_repeated(self, django_db_setup: None, orders_app: Connection) -> None:
        ready = bootstrap(environment())

        assert ready == [*CONTEXTS, "platform", "sim"]
        assert orders_app.execute("SELECT count(*) FROM event_head").fetchone() == (1,)

    def test_touches_hosted_contexts_only(self, django_db_setup: None) -> None:
        ready = bootstrap(read_environment({**os.environ, "ASHLAR_CONTEXTS": "customers"}))

        assert ready == ["customers", "platform"]

    def test_names_the_variable_when_it_may_not(self, django_db_setup: None) -> None:
        variables = {**os.environ, "DATABASE_URL": "postgresql://localhost/ashlar"}

        with pytest.raises(ConfigurationError, match="names no user who may make the roles"):
            bootstrap(read_environment(variables))

    def test_names_the_user_who_lacks_the_rights(self, django_db_setup: None) -> None:
        variables = {**os.environ, "DATABASE_URL": environment().databases["orders"].app.url}

        with pytest.raises(ConfigurationError, match=r"^DATABASE_URL names orders_app, who may not make roles"):
            bootstrap(read_environment(variables))
