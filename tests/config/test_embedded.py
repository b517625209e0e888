"""Embedded servers start on their data, replace what a killed parent left, and keep what was committed."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import psycopg
import pytest
import redis

from config.embedded.places import SUPERUSER, EmbeddedPlaces
from config.embedded.postgres import EmbeddedPostgres
from config.embedded.redis import EmbeddedRedis
from config.processes import is_alive, wait_until
from config.variables import ConfigurationError


@pytest.fixture
def places() -> Iterator[EmbeddedPlaces]:
    # Not below pytest's own directories, which other accounts may not enter.
    directory = Path(mkdtemp(prefix="ashlar-embedded-"))
    places = EmbeddedPlaces(directory)
    places.make_sockets()
    yield places
    shutil.rmtree(directory)
    shutil.rmtree(places.sockets)


def postgres_of(places: EmbeddedPlaces) -> EmbeddedPostgres:
    return EmbeddedPostgres(places.postgres_data, places.postgres_sockets, places.data_directory / "postgres.log")


def redis_of(places: EmbeddedPlaces) -> EmbeddedRedis:
    return EmbeddedRedis(places.redis_data, places.redis_socket, places.data_directory / "redis.log")


def execute(places: EmbeddedPlaces, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(places.superuser("postgres").conninfo, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


@pytest.mark.slow
class TestPostgres:
    def test_keeps_its_data_and_its_settings(self, places: EmbeddedPlaces) -> None:
        postgres = postgres_of(places)
        postgres.start()
        execute(places, "CREATE TABLE kept AS SELECT 42 AS answer")
        postgres.stop()

        postgres.start()

        assert execute(places, "SELECT answer FROM kept") == [(42,)]
        assert execute(places, "SELECT current_setting('wal_level'), current_setting('max_connections')") == [
            ("logical", "200")
        ]
        postgres.stop()

    def test_replaces_one_that_outlived_its_parent(self, places: EmbeddedPlaces) -> None:
        leftover = postgres_of(places)
        leftover.die_with_us = False
        old = leftover.start()
        execute(places, "CREATE TABLE kept AS SELECT 42 AS answer")

        postgres = postgres_of(places)
        postgres.start()

        assert wait_until(lambda: old.poll() is not None, seconds=5)
        assert execute(places, "SELECT answer FROM kept") == [(42,)]
        postgres.stop()

    def test_comes_back_after_the_postmaster_was_killed(self, places: EmbeddedPlaces) -> None:
        postgres = postgres_of(places)
        killed = postgres.start()
        execute(places, "CREATE TABLE kept AS SELECT 42 AS answer")
        killed.kill()
        killed.wait()

        postgres.start()

        assert execute(places, "SELECT answer FROM kept") == [(42,)]
        postgres.stop()

    def test_is_not_deceived_by_a_number_that_belongs_to_somebody_else(self, places: EmbeddedPlaces) -> None:
        postgres = postgres_of(places)
        postgres.start()
        lock = places.postgres_data / "postmaster.pid"
        content = lock.read_text().split("\n", 1)[1]
        postgres.stop()
        lock.write_text(f"{os.getpid()}\n{content}")

        postgres.start()

        assert execute(places, "SELECT 1") == [(1,)]
        postgres.stop()

    def test_starts_over_when_making_the_cluster_was_interrupted(self, places: EmbeddedPlaces) -> None:
        draft = places.postgres_data.with_name("postgres.new")
        draft.mkdir()
        (draft / "PG_VERSION").write_text("18\n")

        postgres = postgres_of(places)
        postgres.start()

        assert execute(places, "SELECT current_user") == [(SUPERUSER,)]
        postgres.stop()


class TestSockets:
    def test_are_refused_when_their_path_is_too_long(self, tmp_path: Path) -> None:
        deep = tmp_path / ("d" * 100)

        with pytest.raises(ConfigurationError, match="longer than 107 bytes"):
            EmbeddedPostgres(deep / "postgres", deep / "pg", deep / "log").start()

    def test_are_short_however_deep_the_data_lies(self, tmp_path: Path) -> None:
        places = EmbeddedPlaces(tmp_path / ("d" * 200))

        assert len(os.fsencode(places.postgres_sockets / ".s.PGSQL.5432")) < 60


@pytest.mark.slow
class TestRedis:
    def test_keeps_its_data(self, places: EmbeddedPlaces) -> None:
        server = redis_of(places)
        server.start()
        with redis.Redis(unix_socket_path=str(places.redis_socket)) as client:
            client.set("kept", "42")
        server.stop()

        server.start()

        with redis.Redis(unix_socket_path=str(places.redis_socket)) as client:
            assert client.get("kept") == b"42"
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        server.stop()

    def test_replaces_one_that_outlived_its_parent(self, places: EmbeddedPlaces) -> None:
        leftover = redis_of(places)
        leftover.die_with_us = False
        old = leftover.start()

        server = redis_of(places)
        new = server.start()

        assert wait_until(lambda: not is_alive(old.pid), seconds=5)
        assert old.wait() in {0, -signal.SIGTERM}
        assert new.poll() is None
        server.stop()
