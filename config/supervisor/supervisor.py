"""The loop of `manage.py up`: start in order, watch, stop in order."""

from __future__ import annotations

import shutil
import signal
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from config import launch
from config.embedded.postgres import EmbeddedPostgres
from config.embedded.redis import EmbeddedRedis
from config.environment_values import Environment, ProcessRole
from config.heartbeat import Heartbeat
from config.supervisor.children import Child, Starter
from config.supervisor.ground import Say, answers, prepare_schemas, refuse_taken_port, sole_user
from config.supervisor.health import Health
from config.supervisor.listener import ManagementListener

LOOK_EVERY = 0.2
# Load balancers need a moment to see that we are no longer ready.
DRAIN_SECONDS = 5.0
WEB_START_SECONDS = 60.0
Announce = Callable[[dict[str, str]], None]
ROLES = (ProcessRole.WEB, ProcessRole.RELAY, ProcessRole.WORKER)


class Supervisor:
    """Runs the chosen processes of one deployable until told to stop."""

    def __init__(
        self,
        environment: Environment,
        *,
        roles: tuple[ProcessRole, ...],
        logs: Path | None,
        say: Say,
        announce: Announce,
    ) -> None:
        self.environment = environment
        self.roles = roles
        self.logs = logs
        self.say = say
        self.announce = announce
        self.credentials: dict[str, str] = {}
        self.stopping = threading.Event()
        self.servers: list[Child] = []
        self.children: list[Child] = []
        self.health = Health(
            databases={alias: database.app for alias, database in environment.databases.items()},
            redis_url=environment.redis_url,
            processes=lambda: {child.name: child.state for child in self.children},
        )

    def run(self) -> int:
        """Run until TERM or Ctrl-C; returns the exit status, which is 1 when a process kept dying.

        Raises:
            ConfigurationError: what the environment asks for cannot be had.
        """
        for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(each, self._on_signal)
        self.health.tick()
        with ExitStack() as stack:
            stack.enter_context(sole_user(self.environment.data_directory))
            self._refuse_taken_ports()
            listeners = self.environment.listeners
            listener = ManagementListener(self.health, listeners.management_host, listeners.management_port)
            stack.callback(listener.stop)
            listener.start()
            try:
                self._start()
                return self._watch()
            finally:
                self._stop()

    def _on_signal(self, *_: object) -> None:
        if self.stopping.is_set():
            # Somebody is impatient: end what is left by force.
            for child in self.children:
                child.kill()
        self.stopping.set()

    def _refuse_taken_ports(self) -> None:
        listeners = self.environment.listeners
        if ProcessRole.WEB in self.roles:
            refuse_taken_port("PORT", listeners.host, listeners.port)
        # By default it is the port beside, so whoever chose a taken PORT reads that name first.
        refuse_taken_port("MANAGEMENT_PORT", listeners.management_host, listeners.management_port)
        if self._simulator() is not None and self.environment.simulator is not None:
            refuse_taken_port("SIM_PORT", "127.0.0.1", self.environment.simulator.port)

    def _start(self) -> None:
        self._start_servers()
        if self.stopping.is_set():
            return
        self.credentials = prepare_schemas(self.environment, self.say)
        launches = {
            ProcessRole.WEB: launch.web,
            ProcessRole.RELAY: launch.relay,
            ProcessRole.WORKER: launch.worker,
        }
        simulator = self._simulator()
        chosen = [launches[role](self.environment) for role in ROLES if role in self.roles]
        for each in [*([simulator] if simulator else []), *chosen]:
            if self.stopping.is_set():
                return
            log = self.logs / f"{each.name}.log" if self.logs else None
            beats = self.environment.data_directory / "heartbeats" / each.name
            listening = Heartbeat(beats) if each.heartbeat else None
            child = Child(
                each.name,
                Starter(each, log, listening),
                stop_seconds=each.stop_seconds,
                listening=listening,
                most_silence=each.most_silence,
            )
            self.children.append(child)
            child.start()

    def _start_servers(self) -> None:
        places = self.environment.places
        logs = places.data_directory / "logs"
        if self.environment.embedded_postgres or self.environment.embedded_redis:
            places.make_sockets()
        if self.environment.embedded_postgres:
            postgres = EmbeddedPostgres(places.postgres_data, places.postgres_sockets, logs / "postgres.log")
            self._start_server(Child("postgres", postgres, stop_signal=signal.SIGINT, stop_seconds=20))
        if self.environment.embedded_redis:
            redis = EmbeddedRedis(places.redis_data, places.redis_socket, logs / "redis.log")
            self._start_server(Child("redis", redis, stop_seconds=10))

    def _start_server(self, child: Child) -> None:
        self.servers.append(child)
        child.start()
        self.say(f"{child.name} started, data in {self.environment.data_directory / child.name}.")

    def _watch(self) -> int:
        web_due = time.monotonic() + WEB_START_SECONDS
        while not self.stopping.wait(LOOK_EVERY):
            self.health.tick()
            for child in [*self.servers, *self.children]:
                news = child.look()
                if news is not None:
                    self.say(news)
                if child.hopeless:
                    self.say(f"{child.name} died again and again{self._look_at(child)}; stopping.")
                    return 1
            if not self.health.started and (self._web_answers() or time.monotonic() > web_due):
                self.health.started = True
                self.announce(self.credentials)
        return 0

    def _look_at(self, child: Child) -> str:
        return f", {self.logs / child.name}.log says why" if self.logs else ""

    def _web_answers(self) -> bool:
        listeners = self.environment.listeners
        return ProcessRole.WEB not in self.roles or answers(listeners.host, listeners.port)

    def _simulator(self) -> launch.Launch | None:
        return launch.simulator(self.environment) if set(self.roles) == set(ROLES) else None

    def _stop(self) -> None:
        """Web and worker first and together, then the relay, then what they all stood on."""
        self.health.draining = True
        by_name = {child.name: child for child in self.children}
        if self.environment.production and by_name:
            time.sleep(DRAIN_SECONDS)
        first = [by_name[name] for name in ("web", "worker") if name in by_name]
        rest = [by_name[name] for name in ("relay", launch.SIMULATOR) if name in by_name]
        for group in (first, *([child] for child in rest), *([server] for server in reversed(self.servers))):
            for child in group:
                child.ask_to_stop()
            end = time.monotonic() + max((child.stop_seconds for child in group), default=0)
            for child in group:
                child.wait(until=end)
        if self.servers:
            shutil.rmtree(self.environment.places.sockets, ignore_errors=True)
        if self.servers or self.children:
            self.say("Stopped.")
