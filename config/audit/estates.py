"""Which schemas and roles this deployable's catalog should show."""

from __future__ import annotations

from config.audit.catalog import Estate
from config.database.addresses import SIMULATOR
from config.environment_values import Environment


def estates(environment: Environment) -> list[Estate]:
    """Every hosted context, `platform`, and the provider simulator, which makes its own tables."""
    found = [
        Estate(schema=alias, owner=database.owner.user, app=database.app.user)
        for alias, database in environment.databases.items()
    ]
    if environment.simulator:
        role = environment.simulator.database.user
        found.append(Estate(schema=SIMULATOR, owner=role, app=role))
    return found
