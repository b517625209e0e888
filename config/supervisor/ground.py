"""What `up` stands on: a data directory of its own, free ports, running servers, schemas, demo data."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO

from django.db import connections

from config.database.bootstrap import bootstrap
from config.database.migrating import migrate, pending
from config.environment_values import Environment
from config.processes import wait_until
from config.supervisor.demo import load_demo
from config.variables import ConfigurationError

Say = Callable[[str], None]
PORT_SECONDS = 6.0
ANSWER_SECONDS = 2.0


@contextmanager
def sole_user(data_directory: Path) -> Iterator[None]:
    """Hold the data directory, so that two `up` never run servers on the same files.

    Raises:
        ConfigurationError: another `up` holds it, or it cannot be written.
    """
    with ExitStack() as stack:
        try:
            data_directory.mkdir(parents=True, exist_ok=True)
            lock = stack.enter_context((data_directory / "up.lock").open("a+"))
            if not _is_ours(lock):
                lock.seek(0)
                process = lock.read().strip()
                raise ConfigurationError(
                    f"ASHLAR_DATA_DIR is {data_directory}, where another `manage.py up` runs (process {process})."
                )
        except OSError as error:
            raise ConfigurationError(
                f"ASHLAR_DATA_DIR is {data_directory}, which cannot be written: {error.strerror}."
            ) from error
        yield


def _is_ours(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return True


def refuse_taken_port(variable: str, host: str, port: int) -> None:
    """Make sure that we can listen; the last processes of a killed `up` get a moment to let go.

    Raises:
        ConfigurationError: somebody else listens there, or the host is not this machine.
    """
    _refuse_foreign_host(variable.replace("PORT", "HOST"), host)
    if not wait_until(lambda: _is_free(host, port), seconds=PORT_SECONDS):
        raise ConfigurationError(
            f"{variable} is {port}, where another program listens: stop it or choose another port."
        )


def prepare_schemas(environment: Environment, say: Say) -> dict[str, str]:
    """Bring roles, schemas and tables up to date; production only checks that somebody did.

    Returns the credentials of the demo principals, by name; production has none.

    Raises:
        ConfigurationError: in production, migrations are missing.
    """
    credentials: dict[str, str] = {}
    if environment.production:
        missing = [migration for alias in environment.databases for migration in pending(alias, environment.contexts)]
        if missing:
            raise ConfigurationError(
                f"DATABASE_URL leads to schemas that lack {len(missing)} migrations: run `manage.py migrate_contexts`."
            )
    else:
        if all(database.admin is not None for database in environment.databases.values()):
            bootstrap(environment)
        applied: list[str] = []
        migrate(environment, applied.append)
        say(f"Schemas ready{f', {len(applied)} migrations applied' if applied else ''}.")
        credentials = load_demo()
        say("Demo data ready.")
    connections.close_all()
    return credentials


def answers(host: str, port: int) -> bool:
    """Whether an HTTP server answers there, whatever it says; a listening one may still be loading its application."""
    connection = HTTPConnection(_reachable(host), port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/", headers={"Host": "localhost"})
        connection.getresponse()
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
    return True


def _refuse_foreign_host(variable: str, host: str) -> None:
    try:
        with socket.socket(_family(host), socket.SOCK_STREAM) as probe:
            probe.bind((host, 0))
    except OSError as error:
        raise ConfigurationError(f"{variable} is {host}, where we cannot listen: {error.strerror}.") from error


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _is_free(host: str, port: int) -> bool:
    with socket.socket(_family(host), socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _reachable(host: str) -> str:
    """The address by which we reach our own listener: one on every interface is found on loopback."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 -- compared, not bound
