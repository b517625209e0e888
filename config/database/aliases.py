"""Django's DATABASES: an alias per hosted context and `platform`, each as its `_app` role, and no usable `default`."""

from __future__ import annotations

from typing import Any

from config.database.addresses import DatabaseAddress
from config.environment_values import Environment, ProcessRole

PREPARE_AFTER = 5


def databases(environment: Environment) -> dict[str, dict[str, Any]]:
    """The DATABASES setting of this process."""
    aliases: dict[str, dict[str, Any]] = {"default": {}}
    for alias, database in environment.databases.items():
        aliases[alias] = _alias(environment, database.app)
    return aliases


def _alias(environment: Environment, address: DatabaseAddress) -> dict[str, Any]:
    pooled = environment.role is ProcessRole.WEB
    options: dict[str, Any] = {
        **address.parameters,
        **_connection_limits(address),
        "application_name": f"ashlar-{environment.role.value}",
    }
    if not environment.behind_pooler:
        # Under Django's client-side binding nothing is ever prepared.
        options |= {"server_side_binding": True, "prepare_threshold": PREPARE_AFTER}
    if pooled:
        options["pool"] = _pool(environment)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": address.host,
        "PORT": str(address.port),
        "NAME": address.name,
        "USER": address.user,
        "PASSWORD": address.password,
        "OPTIONS": options,
        # A pool keeps the connections itself. The worker's are kept by Celery's own count, see config.celery.
        "CONN_MAX_AGE": 0 if pooled else None,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": environment.behind_pooler,
        "ATOMIC_REQUESTS": False,
    }


def _connection_limits(address: DatabaseAddress) -> dict[str, Any]:
    if address.over_socket:
        return {"connect_timeout": 3}
    return {
        "connect_timeout": 3,
        "keepalives_idle": 30,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": 30_000,
    }


def _pool(environment: Environment) -> dict[str, Any]:
    """Sizes of the pool; psycopg's own limits (30 s to get a connection) outlast a request. Times in seconds.

    There is no `max_waiting`: whoever waited in vain stays counted, so after an outage the pool would be full of them
    and refuse everybody, without ever trying to connect again. The admission bounds who may wait.
    """
    return {
        "min_size": 0,
        "max_size": environment.capacity.admitted,
        "timeout": 3,
        "max_lifetime": 1800,
        "max_idle": 60,
        # Its attempts grow apart: with a longer one requests went on failing long after the database was back.
        "reconnect_timeout": 3,
    }
