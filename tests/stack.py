"""The real processes of a deployable, for black-box tests: started, killed and started again one by one."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from config import launch
from config.environment import read_environment
from config.environment_values import Environment
from config.launch import Launch
from config.processes import wait_until
from config.supervisor.children import Starter
from config.supervisor.ground import answers
from tests.databases import TestDatabase
from tests.servers import TestRun

START_SECONDS = 60.0
# Above those of the xdist workers, see conftest.
FIRST_REDIS_DATABASE = 32


@dataclass
class Stack:
    """The processes by name: web, relay, worker, sim."""

    __test__ = False

    environment: Environment
    variables: dict[str, str]
    database: TestDatabase
    logs: Path
    launches: dict[str, Launch]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @classmethod
    def prepare(cls, run: TestRun, worker: str, **variables: str) -> Stack:
        """Make the database and choose the ports; starts nothing. `variables` add to the environment."""
        database = TestDatabase(run, f"ashlar_stack_{worker}")
        database.make()
        number = int(worker.removeprefix("gw")) + 1 if worker != "main" else 0
        ports = free_ports(3)
        changed = {
            "DATABASE_URL": run.database_url(database.name),
            "REDIS_URL": f"{run.redis_url}?db={FIRST_REDIS_DATABASE + number}",
            "PORT": str(ports[0]),
            "MANAGEMENT_PORT": str(ports[1]),
            "SIM_PORT": str(ports[2]),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            **variables,
        }
        environment = read_environment({**os.environ, **changed})
        simulator = launch.simulator(environment)
        launches = [launch.web(environment), launch.relay(environment), launch.worker(environment)]
        return cls(
            environment=environment,
            variables=changed,
            database=database,
            logs=run.directory / "logs" / worker,
            launches={each.name: each for each in [*([simulator] if simulator else []), *launches]},
        )

    @property
    def url(self) -> str:
        """The address of the web process."""
        return f"http://127.0.0.1:{self.environment.listeners.port}"

    def start(self, *names: str) -> None:
        """Start these processes, by default all, and wait until web and sim answer."""
        for name in names or tuple(self.launches):
            each = self.launches[name]
            with_ours = Launch(
                name=name,
                command=each.command,
                variables={**self.variables, **each.variables},
                death_signal=signal.SIGKILL,
                stop_seconds=each.stop_seconds,
            )
            self.processes[name] = Starter(with_ours, self.logs / f"{name}.log").start()
        for name, port in self._ports().items():
            if name in (names or self.launches) and not self._comes_up(name, port):
                raise AssertionError(f"{name} does not answer on {port}:\n{self.log(name)[-4000:]}")

    def kill(self, name: str) -> None:
        """End a process and what it forked as if the machine had lost it."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def stop(self, *names: str) -> None:
        """Stop these processes, by default all, as a supervisor would."""
        ending = {name: self.processes.pop(name) for name in names or tuple(self.processes)}
        for process in ending.values():
            process.terminate()
        for name, process in ending.items():
            try:
                process.wait(self.launches[name].stop_seconds)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if not self.processes:
            self.database.close()

    def log(self, name: str) -> str:
        """Everything a process has printed."""
        return (self.logs / f"{name}.log").read_text(errors="replace")

    def _comes_up(self, name: str, port: int) -> bool:
        process = self.processes[name]
        wait_until(lambda: process.poll() is not None or answers("127.0.0.1", port), seconds=START_SECONDS)
        return process.poll() is None

    def _ports(self) -> dict[str, int]:
        ports = {"web": self.environment.listeners.port}
        if self.environment.simulator is not None:
            ports[launch.SIMULATOR] = self.environment.simulator.port
        return ports


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nobody listens on right now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
