"""Migrations per context: each label on its own alias, as the owner, recorded nowhere else."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import psycopg
from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.contenttypes.management import create_contenttypes
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.migration import Migration
from django.db.utils import OperationalError

from config.database.addresses import PLATFORM, ContextDatabase
from config.database.grants import apply_privileges
from config.database.owners import as_owner
from config.environment_values import Environment
from shared_kernel import clock

KERNEL = "shared_kernel"
LOCK_ATTEMPTS = 10
MIGRATION_LOCK = 0x4D4947
LOCK_SECONDS = 60

Report = Callable[[str], object]


class MigrationsBusy(RuntimeError):
    """Another process migrates, or holds a table, for longer than we wait."""


def labels_of(alias: str, loader: MigrationLoader, contexts: tuple[str, ...]) -> list[str]:
    """The app labels whose tables live on an alias."""
    if alias != PLATFORM:
        return [label for label in (KERNEL, alias) if label in loader.migrated_apps]
    return sorted(label for label in loader.migrated_apps if label not in {KERNEL, *contexts})


def pending(alias: str, contexts: tuple[str, ...]) -> list[Migration]:
    """The migrations an alias still lacks, in the order to apply them."""
    executor = MigrationExecutor(connections[alias])
    return [migration for migration, _ in executor.migration_plan(_targets(executor, alias, contexts))]


def migrate(environment: Environment, report: Report) -> None:
    """Bring every hosted context and `platform` up to date, then set the clock and the rights of the app roles.

    Raises:
        MigrationsBusy: a lock was not given in time.
        ConfigurationError: the server does not let an owner in.
    """
    for database in environment.databases.values():
        migrate_one(environment, database, report)


def migrate_one(environment: Environment, database: ContextDatabase, report: Report) -> None:
    """Bring one schema up to date, then set its clock and the rights of its app role.

    Content types and permissions of the contexts' models are made on `platform`, where Django's own handler would not
    make them because those models have no table there.

    Raises:
        MigrationsBusy: a lock was not given in time.
        ConfigurationError: the server does not let the owner in.
    """
    alias = database.alias
    with as_owner(database) as connection:
        _take_turn(connection)
        try:
            _migrate_alias(alias, environment.contexts, connection, report)
            if alias == PLATFORM:
                _make_permissions()
            else:
                with connection.cursor() as cursor:
                    clock.install(cursor, test_mode=environment.test_mode)
            apply_privileges(connection, alias=alias, role=database.app.user)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock_all()")


def _targets(executor: MigrationExecutor, alias: str, contexts: tuple[str, ...]) -> list[tuple[str, str]]:
    graph = executor.loader.graph
    return [node for label in labels_of(alias, executor.loader, contexts) for node in graph.leaf_nodes(label)]


def _migrate_alias(alias: str, contexts: tuple[str, ...], connection: BaseDatabaseWrapper, report: Report) -> None:
    for attempt in range(1, LOCK_ATTEMPTS + 1):
        executor = MigrationExecutor(connection)
        executor.loader.check_consistent_history(connection)
        targets = _targets(executor, alias, contexts)
        plan = executor.migration_plan(targets)
        _refuse_strangers(alias, labels_of(alias, executor.loader, contexts), [migration for migration, _ in plan])
        try:
            executor.migrate(targets, plan)
        except OperationalError as error:
            if not isinstance(error.__cause__, psycopg.errors.LockNotAvailable):
                raise
            # Waiting longer would hold up everybody who queues behind us; so give up early and come again.
            report(f"{alias}: a table is in use, attempt {attempt} of {LOCK_ATTEMPTS}")
            time.sleep(random.uniform(0.5, 1.5) * attempt / 2)  # noqa: S311 -- jitter
        else:
            for migration, _ in plan:
                report(f"{alias}: {migration.app_label}.{migration.name}")
            return
    raise MigrationsBusy(f"{alias}: a table stayed in use through {LOCK_ATTEMPTS} attempts")


def _refuse_strangers(alias: str, labels: list[str], plan: list[Migration]) -> None:
    strangers = [migration for migration in plan if migration.app_label not in labels]
    if strangers:
        names = ", ".join(f"{migration.app_label}.{migration.name}" for migration in strangers)
        raise RuntimeError(f"migrations of {alias} depend on those of another schema: {names}")


def _take_turn(connection: BaseDatabaseWrapper) -> None:
    end = time.monotonic() + LOCK_SECONDS
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(current_schema()))", [MIGRATION_LOCK])
            row = cursor.fetchone()
            if row and row[0]:
                return
            if time.monotonic() > end:
                raise MigrationsBusy(f"another process has been migrating for {LOCK_SECONDS} s")
            time.sleep(0.2)


def _make_permissions() -> None:
    for config in apps.get_app_configs():
        if config.models_module is not None:
            create_contenttypes(config, verbosity=0, interactive=False, using=PLATFORM)
            create_permissions(config, verbosity=0, interactive=False, using=PLATFORM)
