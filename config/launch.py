"""The command line of each process, for the supervisor and for containers that run one process alone."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from dataclasses import dataclass, field

from config.environment import ROOT
from config.environment_values import Environment, ProcessRole
from config.variables import ConfigurationError

SIMULATOR = "sim"
SIMULATOR_APPLICATION = "payments.simulator.wsgi:application"


@dataclass(frozen=True, kw_only=True)
class Launch:
    """One process to run: its command, what it adds to the environment, and what tells it that its parent is gone.

    One with a `heartbeat` shows life, see config.heartbeat; after `most_silence` seconds without, it is started anew.
    """

    name: str
    command: tuple[str, ...]
    variables: dict[str, str] = field(default_factory=dict, repr=False)
    death_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float
    heartbeat: bool = False
    most_silence: float | None = None


def web(environment: Environment) -> Launch:
    """The web process: gunicorn and its workers."""
    return Launch(
        name=ProcessRole.WEB.value,
        command=(sys.executable, "-m", "gunicorn", "--config", str(ROOT / "config" / "gunicorn.py"), "config.wsgi"),
        variables={"ASHLAR_ROLE": ProcessRole.WEB.value},
        # Requests of a deployable whose supervisor was killed have no database left to wait for.
        death_signal=signal.SIGQUIT,
        stop_seconds=27 if environment.production else 10,
    )


def relay(environment: Environment) -> Launch:  # noqa: ARG001 -- alike for all processes
    """The relay: sequencers, subscriptions, timers."""
    return Launch(
        name=ProcessRole.RELAY.value,
        command=(sys.executable, str(ROOT / "manage.py"), "relay"),
        variables={"ASHLAR_ROLE": ProcessRole.RELAY.value},
        stop_seconds=10,
        heartbeat=True,
        # Its loops are silent no longer than a statement lasts, also while a database is away.
        most_silence=60,
    )


def worker(environment: Environment) -> Launch:
    """The worker: Celery on the queues of the hosted contexts.

    Raises:
        ConfigurationError: the machine has no semaphores, which its pool needs.
    """
    try:
        multiprocessing.Lock()
    except OSError as error:
        raise ConfigurationError(
            f"WORKER_PROCESSES cannot be started without shared memory ({error.strerror}): "
            "make /dev/shm writable, or run the worker elsewhere."
        ) from error
    return Launch(
        name=ProcessRole.WORKER.value,
        command=(
            *(sys.executable, "-m", "celery", "--app", "config.celery", "--quiet", "worker"),
            *("--queues", ",".join(environment.contexts)),
            *("--pool", "prefork", "--concurrency", str(environment.capacity.worker_processes)),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
            *("--loglevel", "WARNING"),
        ),
        # With the remap, TERM lets tasks finish for a while and then hands the rest back to the queue at once.
        variables={"ASHLAR_ROLE": ProcessRole.WORKER.value, "REMAP_SIGTERM": "SIGQUIT"},
        stop_seconds=22 if environment.production else 10,
        # It is silent as long as Redis is away, which starting anew would not heal.
        heartbeat=True,
    )


def simulator(environment: Environment) -> Launch | None:
    """The payment provider `sim`, None where another one is configured or payments is not hosted."""
    sim = environment.simulator
    if sim is None or not sim.embedded or "payments" not in environment.contexts:
        return None
    return Launch(
        name=SIMULATOR,
        command=(
            *(sys.executable, "-m", "gunicorn", SIMULATOR_APPLICATION, "--bind", f"127.0.0.1:{sim.port}"),
            *("--worker-class", "gthread", "--workers", "1", "--threads", "16", "--timeout", "60"),
            *("--graceful-timeout", "3", "--no-control-socket", "--log-level", "warning"),
        ),
        variables={
            "SIM_DATABASE_URL": sim.database.url,
            "SIM_PROVIDER_SECRET": sim.secret,
        },
        death_signal=signal.SIGQUIT,
        stop_seconds=5,
    )


def become(launch: Launch) -> None:
    """Turn this process into the launched one; does not return."""
    sys.stdout.flush()
    os.chdir(ROOT)
    os.execve(launch.command[0], launch.command, {**os.environ, **launch.variables})  # noqa: S606 -- no shell is wanted
