"""What the management port answers: whether the supervisor lives, and whether traffic should come."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.database.addresses import DatabaseAddress

TICK_SECONDS = 30.0
PROBE_EVERY = 2.0
DATABASE_GRACE = 15.0
PROBE_TIMEOUT = 1
# The least that libpq knows.
CONNECT_SECONDS = 2


@dataclass(frozen=True)
class Answer:
    """Status of HTTP and the body."""

    status: int
    body: dict[str, object]


@dataclass
class Health:
    """Shared between the supervisor's loop, which writes, and the management listener, which reads."""

    databases: Mapping[str, DatabaseAddress]
    redis_url: str
    processes: Callable[[], Mapping[str, str]]
    clock: Callable[[], float] = time.monotonic
    started: bool = False
    draining: bool = False
    _tick: float = field(default=0.0, init=False)
    _probed_at: float = field(default=-PROBE_EVERY, init=False)
    _database_lost_at: float | None = field(default=None, init=False)
    _states: dict[str, str] = field(default_factory=dict, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def tick(self) -> None:
        """Say that the loop of the supervisor turns."""
        self._tick = self.clock()

    def live(self) -> Answer:
        """Whether the loop turns; asks nobody else, for a restart would not heal them."""
        alive = self.clock() - self._tick < TICK_SECONDS
        return Answer(200 if alive else 503, {"status": "ok" if alive else "stuck"})

    def startup(self) -> Answer:
        """Whether migrations fit and all processes have been started."""
        return Answer(200 if self.started else 503, {"status": "started" if self.started else "starting"})

    def ready(self) -> Answer:
        """Whether requests should come.

        The database is shared by all replicas, so taking this one out helps nobody until it has been lost for a while;
        Redis, one database of several and the other processes only degrade. Where there is no web process, the present
        ones are what has to be there.
        """
        if self.draining:
            return Answer(503, {"status": "draining"})
        if not self.started:
            return Answer(503, {"status": "starting"})
        states = self._probe()
        processes = self.processes()
        body: dict[str, object] = {"checks": {**states, **processes}}
        lost = self._database_lost_at
        needed = [processes["web"]] if "web" in processes else list(processes.values())
        if any(state != "ok" for state in needed) or (lost is not None and self.clock() - lost >= DATABASE_GRACE):
            return Answer(503, {"status": "unavailable", **body})
        degraded = any(state != "ok" for state in (*states.values(), *processes.values()))
        return Answer(200, {"status": "degraded" if degraded else "ready", **body})

    def _probe(self) -> dict[str, str]:
        with self._lock:
            now = self.clock()
            if now - self._probed_at >= PROBE_EVERY:
                states = {name: _database(address) for name, address in self._distinct().items()}
                if "ok" in states.values():
                    self._database_lost_at = None
                elif self._database_lost_at is None:
                    self._database_lost_at = now
                states["redis"] = _redis(self.redis_url)
                self._states, self._probed_at = states, self.clock()
            return dict(self._states)

    def _distinct(self) -> dict[str, DatabaseAddress]:
        """One probe for each database; contexts that share one are probed once."""
        found: list[tuple[str, DatabaseAddress]] = []
        for name, address in self.databases.items():
            if not any(address.same_database(known) for _, known in found):
                found.append((name, address))
        return {"database" if len(found) == 1 else f"database of {name}": address for name, address in found}


def _database(address: DatabaseAddress) -> str:
    try:
        with psycopg.connect(address.conninfo, connect_timeout=CONNECT_SECONDS) as connection:
            connection.execute("SELECT 1")
    except psycopg.Error:
        return "unreachable"
    return "ok"


def _redis(url: str) -> str:
    client = redis.Redis.from_url(
        url, socket_timeout=PROBE_TIMEOUT, socket_connect_timeout=PROBE_TIMEOUT, retry=Retry(NoBackoff(), 0)
    )
    try:
        client.ping()
    except redis.RedisError:
        return "unreachable"
    finally:
        client.close()
    return "ok"
