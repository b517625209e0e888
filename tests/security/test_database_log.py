"""What PostgreSQL writes into its own log when a statement fails: never the row."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.errors import CheckViolation, UniqueViolation

from shared_kernel.ids import new_id
from tests.databases import TestDatabase


def test_a_refused_row_is_not_in_the_log_of_the_server(django_db_setup: None, test_database: TestDatabase) -> None:
    mark = f"canary-{new_id()}@example.test"
    with psycopg.connect(test_database.run.database_url(test_database.name), autocommit=True) as connection:
        connection.execute("CREATE TEMP TABLE person (email text UNIQUE CHECK (email = lower(email)))")
        connection.execute("INSERT INTO person VALUES (%s)", [mark])
        with pytest.raises(UniqueViolation, match=mark):
            connection.execute("INSERT INTO person VALUES (%s)", [mark])
        with pytest.raises(CheckViolation, match=mark.upper()):
            connection.execute("INSERT INTO person VALUES (%s)", [mark.upper()])

    log = (test_database.run.directory / "postgres.log").read_text().lower()

    assert "unique constraint" in log
    assert mark not in log
