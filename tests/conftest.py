"""The test environment: set before Django loads, on servers of this run's own, connected as the app roles."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import django
import pytest
import redis
from django.conf import settings

from tests.servers import RUN_VARIABLE, TestRun

RUN = TestRun.begin_or_join()
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
DATABASE = f"ashlar_{WORKER}"
# Each xdist worker has a Redis database of its own.
REDIS_URL = f"{RUN.redis_url}?db={int(WORKER.removeprefix('gw')) + 1 if WORKER != 'main' else 0}"


def _set_environment() -> None:
    """Leave nothing of the developer's own configuration in sight of the tests."""
    for name in list(os.environ):
        ours = name.startswith(("ASHLAR_", "SIM_", "EMAIL_", "MANAGEMENT_", "WEB_", "WORKER_"))
        if name != RUN_VARIABLE and (ours or name in {"PORT", "HOST", "SECRET_KEY"} or name.endswith("DATABASE_URL")):
            del os.environ[name]
    os.environ |= {
        "ASHLAR_ENV": "test",
        "ASHLAR_DATA_DIR": str(RUN.directory / "data"),
        "DATABASE_URL": RUN.database_url(DATABASE),
        "REDIS_URL": REDIS_URL,
    }


def _refuse_foreign_hosts(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "socket.connect" or not isinstance(arguments[1], tuple):
        return
    host = arguments[1][0]
    try:
        loopback = ip_address(host).is_loopback
    except ValueError:
        loopback = host == "localhost"
    if not loopback:
        raise RuntimeError(f"tests connect to loopback only, not to {host}")


if settings.configured:
    raise pytest.UsageError("unset DJANGO_SETTINGS_MODULE: the tests load the settings after making their environment")
_set_environment()
sys.addaudithook(_refuse_foreign_hosts)
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()
# An xdist worker inherits our environment, and pytest-django would load the settings there before this file is read.
del os.environ["DJANGO_SETTINGS_MODULE"]

# These need Django set up.
from django.db import connections  # noqa: E402
from rest_framework.test import APIClient  # noqa: E402

from tests.databases import TestDatabase  # noqa: E402
from tests.stack import Stack  # noqa: E402

ALIASES = [alias for alias in settings.DATABASES if alias != "default"]
settings.PASSWORD_HASHERS = ["tests.hashers.QuickArgon2"]


def pytest_unconfigure() -> None:
    """End the run where it began."""
    if RUN.mine:
        RUN.end()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Read `databases="__all__"` as every alias that can be used: `default` cannot."""
    for item in items:
        marker = item.get_closest_marker("django_db")
        if marker is not None and marker.kwargs.get("databases") == "__all__":
            item.add_marker(
                pytest.mark.django_db(*marker.args, **{**marker.kwargs, "databases": ALIASES}), append=False
            )


@pytest.fixture(scope="session")
def test_database() -> Iterator[TestDatabase]:
    """The database of this worker, as a handle for the superuser's work; the servers run from here on."""
    database = TestDatabase(RUN, DATABASE)
    yield database
    database.close()


@pytest.fixture(scope="session")
def django_db_setup(
    test_database: TestDatabase, django_test_environment: None, django_db_blocker: Any
) -> Iterator[None]:
    """Replace pytest-django's own way, which takes aliases of one database for one and migrates only the first."""
    with django_db_blocker.unblock():
        test_database.make()
        yield
        connections.close_all()


@pytest.fixture
def committed(
    request: pytest.FixtureRequest, django_db_setup: None, test_database: TestDatabase, django_db_blocker: Any
) -> Iterator[None]:
    """Real commits on every alias; afterwards all tables are as right after migration.

    Raises:
        UsageError: the test also carries the `django_db` mark, whose transaction would swallow the commits.
    """
    if request.node.get_closest_marker("django_db") is not None:
        raise pytest.UsageError("take either the fixture `committed` or the mark `django_db`, not both")
    with django_db_blocker.unblock():
        try:
            yield
        finally:
            for alias in ALIASES:
                if connections[alias].connection is not None and connections[alias].in_atomic_block:
                    connections[alias].close()
            test_database.reset()
            with redis.Redis.from_url(REDIS_URL) as client:
                client.flushdb()


@pytest.fixture(scope="session")
def redis_url(django_db_setup: None) -> str:
    """The address of this worker's own database of the run's Redis."""
    return REDIS_URL


@pytest.fixture(scope="session")
def running_stack(django_db_setup: None) -> Iterator[Stack]:
    """Web, relay, worker and payment simulator as processes on free ports, on a database and a Redis of their own.

    Started once in each test process that asks for it; so a test brings its own customers and products and leaves
    the rest.
    """
    stack = Stack.prepare(RUN, WORKER)
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


@pytest.fixture(scope="session")
def live_server_url(running_stack: Stack) -> str:
    """The address of the running web process, without a slash at the end."""
    return running_stack.url


@pytest.fixture
def api_client() -> APIClient:
    """A client of the REST surface, in process."""
    return APIClient()
