"""`manage.py up` starts everything from nothing, leaves nothing behind, and keeps the data."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import IO, Any
from urllib.error import URLError
from urllib.request import urlopen

import psycopg
import pytest

from config.embedded.places import EmbeddedPlaces
from config.environment import ROOT
from config.processes import wait_until
from tests.stack import free_ports

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

START_SECONDS = 90.0
END_SECONDS = 30.0
KILLED = ("gunicorn --config", "manage.py relay", "celery", "redis-server", "postgres -D")


class Up:
    """One data directory and the `up` that runs on it."""

    def __init__(self, directory: Path) -> None:
        self.places = EmbeddedPlaces(directory / "data")
        self.output = directory / "output"
        self.ports = free_ports(3)
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        inherited = ("PATH", "HOME", "LANG")
        return {
            **{name: os.environ[name] for name in inherited if name in os.environ},
            "ASHLAR_DATA_DIR": str(self.places.data_directory),
            "PORT": str(self.ports[0]),
            "MANAGEMENT_PORT": str(self.ports[1]),
            "SIM_PORT": str(self.ports[2]),
            "WEB_WORKERS": "1",
            "WORKER_PROCESSES": "2",
        }

    def command(self, output: IO[Any] | int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "up"],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def start(self) -> None:
        with self.output.open("wb") as output:
            self.process = self.command(output)
        process = self.process
        wait_until(lambda: process.poll() is not None or self.health() == "ready", seconds=START_SECONDS)
        assert process.poll() is None, self.output.read_text()
        assert self.health() == "ready", self.output.read_text()

    def end(self, each: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(each)
        return self.process.wait(END_SECONDS)

    def health(self) -> str | None:
        try:
            with urlopen(f"http://127.0.0.1:{self.ports[1]}/readyz") as answer:
                return str(json.load(answer)["status"])
        except (URLError, OSError):
            return None

    def healed(self, restarts: int) -> bool:
        return self.output.read_text().count("runs again") == restarts and self.health() == "ready"

    def processes(self) -> dict[int, str]:
        """Whatever runs on the data directory, by what is said of it in /proc; Redis hides all but its place."""
        mark = os.fsencode(self.places.data_directory)
        found = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                try:
                    command = (entry / "cmdline").read_bytes()
                    place = os.fsencode((entry / "cwd").readlink())
                    if mark in command + place + (entry / "environ").read_bytes():
                        found[int(entry.name)] = command.replace(b"\0", b" ").decode().strip()
                except OSError:
                    continue
        return {pid: command for pid, command in found.items() if command}

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.places.superuser("ashlar").conninfo, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []


@pytest.fixture
def up() -> Iterator[Up]:
    # Not below pytest's own directories, which PostgreSQL's account may not enter.
    directory = Path(mkdtemp(prefix="ashlar-up-"))
    up = Up(directory)
    yield up
    for pid in up.processes():
        os.kill(pid, signal.SIGKILL)
    if up.process is not None:
        up.process.wait()
    shutil.rmtree(directory)
    shutil.rmtree(up.places.sockets, ignore_errors=True)


class TestUp:
    @pytest.mark.parametrize("each", [signal.SIGTERM, signal.SIGINT])
    def test_stops_cleanly_and_leaves_no_process(self, up: Up, each: signal.Signals) -> None:
        up.start()

        status = up.end(each)

        assert status == 0
        assert up.processes() == {}

    def test_leaves_no_process_when_killed_and_keeps_its_data(self, up: Up) -> None:
        up.start()
        up.execute("INSERT INTO platform.auth_group (name) VALUES ('kept')")

        up.end(signal.SIGKILL)
        assert wait_until(lambda: up.processes() == {}, seconds=END_SECONDS), up.processes()

        up.start()
        assert up.execute("SELECT name FROM platform.auth_group") == [("kept",)]
        assert up.end(signal.SIGTERM) == 0

    def test_starts_again_what_was_killed(self, up: Up) -> None:
        up.start()

        for restarts, name in enumerate(KILLED, start=1):
            (killed, *_) = sorted(pid for pid, command in up.processes().items() if name in command)
            os.kill(killed, signal.SIGKILL)
            assert wait_until(partial(up.healed, restarts), seconds=END_SECONDS), up.output.read_text()

        assert up.end(signal.SIGTERM) == 0
        assert up.processes() == {}

    def test_is_refused_where_another_one_runs(self, up: Up) -> None:
        up.start()
        second = Up(up.output.parent / "elsewhere")
        second.places = up.places

        with second.command(subprocess.PIPE) as refused:
            said, _ = refused.communicate(timeout=START_SECONDS)

        assert refused.returncode == 2
        assert b"another `manage.py up` runs" in said
        assert said.count(b"\n") == 1
        assert up.end(signal.SIGTERM) == 0

    def test_says_in_one_sentence_that_a_port_is_taken(self, up: Up) -> None:
        other = subprocess.Popen([sys.executable, "-m", "http.server", str(up.ports[0]), "--bind", "127.0.0.1"])
        try:
            with up.command(subprocess.PIPE) as refused:
                said, _ = refused.communicate(timeout=START_SECONDS)
        finally:
            other.terminate()
            other.wait()

        assert refused.returncode == 2
        assert said.startswith(f"ashlar: PORT is {up.ports[0]}, where another program listens".encode())
        assert said.count(b"\n") == 1
        assert up.processes() == {}
