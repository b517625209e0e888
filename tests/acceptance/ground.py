"""A shop on a PostgreSQL and a Redis of its own, which a test can take away."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import httpx

from config.environment import read_environment
from config.launch import Launch
from config.processes import wait_until
from tests.acceptance.shopfront import ROOT
from tests.databases import TestDatabase
from tests.servers import TestRun
from tests.stack import Stack, free_ports

UP = "up"
READY_SECONDS = 120.0


class Ground:
    """PostgreSQL, Redis, and `manage.py up` on them: four processes and their supervisor."""

    def __init__(self, directory: Path) -> None:
        run = TestRun(directory)
        self.postgres = run._postgres()
        self.redis = run._redis()
        port, management_port, sim_port = free_ports(3)
        self._management = f"http://127.0.0.1:{management_port}"
        variables = {
            "ASHLAR_DATA_DIR": str(directory / "data"),
            "DATABASE_URL": run.database_url("ashlar"),
            "REDIS_URL": run.redis_url,
            "PORT": str(port),
            "MANAGEMENT_PORT": str(management_port),
            "SIM_PORT": str(sim_port),
            "WORKER_PROCESSES": "1",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        command = (sys.executable, str(ROOT / "manage.py"), "up")
        self.stack = Stack(
            environment=read_environment({**os.environ, **variables}),
            variables=variables,
            database=TestDatabase(run, "ashlar"),
            logs=directory / "logs",
            launches={UP: Launch(name=UP, command=command, death_signal=signal.SIGTERM, stop_seconds=30)},
        )

    def start(self) -> None:
        """Start everything from nothing."""
        self.postgres.start()
        self.redis.start()
        self.stack.start(UP)
        assert wait_until(self.is_ready, seconds=READY_SECONDS), self.stack.log(UP)

    def stop(self) -> None:
        """Stop everything that runs."""
        self.stack.stop()
        self.redis.stop()
        self.postgres.stop()

    def is_ready(self) -> bool:
        """Whether nothing is missing."""
        return self.health("readyz")[1].get("status") == "ready"

    def health(self, probe: str) -> tuple[int, dict[str, Any]]:
        """What the management port says, and its status; 0 when it says nothing."""
        try:
            answer = httpx.get(f"{self._management}/{probe}", timeout=10)
        except httpx.TransportError:
            return 0, {}
        return answer.status_code, json.loads(answer.content)


@contextmanager
def ground() -> Iterator[Ground]:
    """A running shop on a ground of its own."""
    # Not below pytest's own directories, which PostgreSQL's account may not enter, and short, because of the sockets.
    directory = Path(mkdtemp(prefix="ashlar-ground-"))
    directory.chmod(0o711)
    own = Ground(directory)
    try:
        own.start()
        yield own
    finally:
        own.stop()
        shutil.rmtree(directory, ignore_errors=True)
