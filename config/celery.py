"""The Celery application: Redis rings, PostgreSQL remembers, so what the broker loses is found and rung again."""

from __future__ import annotations

import os
import signal
from typing import Any

from celery import Celery, bootsteps
from celery.signals import celeryd_init, worker_process_init

from config import heartbeat
from config.environment import environment
from config.processes import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

TASK_SECONDS = 60
# The work of a task that outlives this is handed out again; five times the hard limit never happens by accident.
VISIBILITY_SECONDS = 5 * TASK_SECONDS


def broker_url(redis_url: str) -> str:
    """The address of Redis as Celery's transport writes it.

    Raises:
        ValueError: it is no address of Redis.
    """
    scheme, separator, rest = redis_url.partition("://")
    if not separator:
        raise ValueError("not an address of Redis")
    if scheme != "unix":
        return redis_url
    path, _, query = rest.partition("?")
    database = dict(part.split("=", 1) for part in query.split("&") if "=" in part).get("db", "0")
    return f"redis+socket://{path}?virtual_host={database}"


def route(name: str, *_: Any, **__: Any) -> dict[str, str]:
    """The queue of a task: the context its name begins with."""
    return {"queue": name.partition(".")[0]}


class _Worker:
    """The main process of the worker, as its pool processes inherit it."""

    pid = 0


app = Celery("ashlar")
app.conf.update(
    broker_url=broker_url(environment().redis_url),
    broker_transport_options={
        "visibility_timeout": VISIBILITY_SECONDS,
        # Without these a dead worker's tasks are handed out only after ten sweeps of ten seconds, kombu's defaults.
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "health_check_interval": 25,
        "global_keyprefix": "ashlar:",
    },
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    task_publish_retry_policy={"max_retries": 1, "interval_start": 0.2},
    task_default_queue="ashlar",
    task_routes=(route,),
    task_acks_late=True,
    # Late acknowledgement alone loses the task whose process is killed.
    task_reject_on_worker_lost=True,
    task_acks_on_failure=True,
    task_acks_on_timeout=True,
    task_ignore_result=True,
    task_store_errors_even_if_ignored=False,
    result_backend=None,
    task_serializer="json",
    accept_content=["json"],
    task_soft_time_limit=TASK_SECONDS * 3 // 4,
    task_time_limit=TASK_SECONDS,
    worker_prefetch_multiplier=1,
    # Effects are deduplicated, so a task in flight finishes although the broker has forgotten it.
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_max_memory_per_child=300_000,
    # On TERM (remapped to QUIT by `manage.py worker`) tasks get so long to finish, then go back to the queue at once.
    worker_soft_shutdown_timeout=20,
    worker_hijack_root_logger=False,
    # Standard output is where our log lines go; redirected into the log, each line would be logged again, for ever.
    worker_redirect_stdouts=False,
    worker_enable_remote_control=False,
    worker_send_task_events=False,
    timezone="UTC",
    enable_utc=True,
    CELERY_DB_REUSE_MAX=100,
)
app.set_default()
app.autodiscover_tasks(list(environment().contexts))


class _SignOfLife(bootsteps.StartStopStep):
    """Shows life from the main loop of the worker while it has its broker."""

    def start(self, parent: Any) -> None:
        # The consumer forgets its timers with each lost connection, and starts this step again.
        parent.timer.call_repeatedly(heartbeat.BEAT_SECONDS, heartbeat.beat)


app.steps["consumer"].add(_SignOfLife)


@celeryd_init.connect
def _remember_the_worker(**_: Any) -> None:
    _Worker.pid = os.getpid()


@worker_process_init.connect
def _end_with_the_worker(**_: Any) -> None:
    # Siblings hold each other's pipes open, so the pool of a killed worker would wait for ever; TERM it ignores.
    die_with_parent(signal.SIGKILL)
    if os.getppid() != _Worker.pid:
        os._exit(1)
