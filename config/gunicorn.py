"""How gunicorn serves the web process; read by gunicorn itself."""

from __future__ import annotations

from pathlib import Path

from config.environment import environment

_environment = environment()
_shared_memory = Path("/dev/shm")  # noqa: S108 -- gunicorn makes its files there safely; a disk would stall the heartbeat

bind = f"{_environment.listeners.host}:{_environment.listeners.port}"
# gthread, answering malformed requests with problem documents.
worker_class = "config.web_worker.WebWorker"
workers = _environment.capacity.web_workers
threads = _environment.capacity.web_threads
# Catches a dead main loop only: gthread never cuts a slow request, our own deadlines do.
timeout = 60
graceful_timeout = 25
# Longer than a proxy in front keeps an idle connection; without one, short.
keepalive = 75 if _environment.listeners.trusted_proxies else 5
# Short, so that what nobody has time for is refused soon.
backlog = 256
max_requests = 0
preload_app = False
worker_tmp_dir = str(_shared_memory) if _shared_memory.is_dir() else None
control_socket_disable = True
forwarded_allow_ips = _environment.listeners.forwarded_allow_ips
limit_request_line = 4094
accesslog = None
logger_class = "config.server_log.ServerLog"
loglevel = "warning"
proc_name = "ashlar-web"
