"""Work as the owner of a schema for a while: the one role that may change tables."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import OperationalError

from config.database.addresses import ContextDatabase
from config.database.bootstrap import unreachable


@contextmanager
def as_owner(database: ContextDatabase) -> Iterator[BaseDatabaseWrapper]:
    """Replace the alias's connection of this thread by one of the owner, so that migrations cannot reach the other.

    Raises:
        ConfigurationError: the server does not let the owner in.
    """
    alias, address = database.alias, database.owner
    usual = connections[alias]
    connection = connections.create_connection(alias)
    options = {
        name: value
        for name, value in usual.settings_dict["OPTIONS"].items()
        if name not in {"pool", "server_side_binding", "prepare_threshold"}
    }
    connection.settings_dict = {
        **usual.settings_dict,
        "HOST": address.host,
        "PORT": str(address.port),
        "NAME": address.name,
        "USER": address.user,
        "PASSWORD": address.password,
        "OPTIONS": {**options, "application_name": "ashlar-migrate"},
    }
    try:
        connection.ensure_connection()
    except (OperationalError, psycopg.OperationalError) as error:
        raise unreachable(address, error) from error
    connections[alias] = connection
    try:
        yield connection
    finally:
        connections[alias] = usual
        connection.close()
