"""One PostgreSQL and one Redis per test run, in a directory that the next run sweeps if this one is killed."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from config.embedded.places import SUPERUSER
from config.embedded.postgres import EmbeddedPostgres
from config.embedded.redis import EmbeddedRedis
from config.processes import is_alive

# Short, because sockets live below it.
RUNS = Path("/tmp") / f"ashlar-tests-{os.getuid()}"  # noqa: S108 -- made with mode 0711
RUN_VARIABLE = "ASHLAR_TEST_RUN"

_started_here: list[EmbeddedPostgres | EmbeddedRedis] = []


@dataclass(frozen=True)
class TestRun:
    """The directory of one test run, shared by all its xdist workers; named after the process that began it."""

    __test__ = False
    directory: Path

    @classmethod
    def begin_or_join(cls) -> TestRun:
        """The run this process belongs to: its parent's, when that is a pytest too, else a new one."""
        inherited = os.environ.get(RUN_VARIABLE)
        if inherited:
            return cls(Path(inherited))
        RUNS.mkdir(mode=0o711, exist_ok=True)
        sweep()
        run = cls(RUNS / f"{os.getpid()}-{_birth(os.getpid())}")
        run.directory.mkdir(mode=0o711)
        os.environ[RUN_VARIABLE] = str(run.directory)
        return run

    @property
    def mine(self) -> bool:
        """Whether this very process began the run and therefore ends it."""
        return self.directory.name.startswith(f"{os.getpid()}-")

    @property
    def redis_url(self) -> str:
        """The address of the run's Redis."""
        return f"unix://{self.directory}/redis.sock"

    def database_url(self, name: str) -> str:
        """The address of one database of the run, as superuser."""
        return f"postgresql://{SUPERUSER}@/{name}?host={self.directory}/pg"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Let one process of the run at a time do what all of them need done once."""
        with (self.directory / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def start_servers(self) -> None:
        """Start what does not run yet; callers hold the lock."""
        # They outlive an xdist worker that happens to be the first; the process that began the run stops them.
        if not (self.directory / "postgres").exists():
            _started_here.append(self._postgres(die_with_us=self.mine))
            _started_here[-1].start()
        if not (self.directory / "redis").exists():
            _started_here.append(self._redis(die_with_us=self.mine))
            _started_here[-1].start()

    def end(self) -> None:
        """Stop the servers, whoever started them, and remove every trace."""
        while _started_here:
            _started_here.pop().stop()
        self._postgres().stop_leftover()
        self._redis().stop_leftover()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _postgres(self, *, die_with_us: bool = True) -> EmbeddedPostgres:
        here = self.directory
        return EmbeddedPostgres(
            here / "postgres", here / "pg", here / "postgres.log", durable=False, die_with_us=die_with_us
        )

    def _redis(self, *, die_with_us: bool = True) -> EmbeddedRedis:
        here = self.directory
        return EmbeddedRedis(here / "redis", here / "redis.sock", here / "redis.log", die_with_us=die_with_us)


def sweep() -> None:
    """Stop the servers of runs whose process is gone."""
    for directory in RUNS.iterdir():
        pid, _, started = directory.name.partition("-")
        if not (pid.isdigit() and is_alive(int(pid)) and _birth(int(pid)) == started):
            TestRun(directory).end()


def _birth(pid: int) -> str:
    """When a process began, in the kernel's ticks; tells it from a later one of the same number."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return "0"
