"""Each schema holds the tables of its own apps, and the app role exactly the rights its models declare."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.db import connections

from config.database.grants import apply_privileges, wanted_privileges
from config.database.migrating import migrate_one, pending
from config.database.owners import as_owner
from config.environment import environment
from tests.databases import TestDatabase

CONTEXTS = environment().contexts


def recorded_apps(alias: str) -> set[str]:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT DISTINCT app FROM django_migrations")
        return {row[0] for row in cursor.fetchall()}


@pytest.mark.django_db(databases="__all__")
class TestASchema:
    @pytest.mark.parametrize("alias", environment().databases)
    def test_lacks_no_migration(self, alias: str) -> None:
        assert pending(alias, CONTEXTS) == []

    @pytest.mark.parametrize("alias", CONTEXTS)
    def test_records_its_own_migrations_and_the_kernel_s(self, alias: str) -> None:
        assert recorded_apps(alias) == {alias, "shared_kernel"}

    def test_of_the_platform_holds_django_s_apps_and_no_context(self) -> None:
        assert recorded_apps("platform") == {"admin", "auth", "contenttypes", "sessions"}

    @pytest.mark.parametrize("alias", CONTEXTS)
    def test_has_permissions_for_its_models_on_the_platform(self, alias: str) -> None:
        models = {model._meta.model_name for model in apps.get_app_config(alias).get_models()}
        permissions = Permission.objects.filter(content_type__app_label=alias)

        assert {permission.content_type.model for permission in permissions} == models


class TestRights:
    @pytest.mark.parametrize("alias", environment().databases)
    def test_are_those_the_models_declare(self, django_db_setup: None, test_database: TestDatabase, alias: str) -> None:
        rows = test_database.superuser().execute(
            "SELECT table_name, privilege_type FROM information_schema.table_privileges"
            " WHERE grantee = %s AND table_schema = %s",
            [f"{alias}_app", alias],
        )
        actual: dict[str, set[str]] = {}
        for table, privilege in rows.fetchall():
            actual.setdefault(table, set()).add(privilege)

        assert actual == {table: set(privileges) for table, privileges in wanted_privileges(alias).items()}

    def test_are_put_back_when_somebody_widened_them(self, committed: None, test_database: TestDatabase) -> None:
        superuser = test_database.superuser()
        superuser.execute("GRANT UPDATE, DELETE ON orders.event_log TO orders_app")

        with as_owner(environment().databases["orders"]) as connection:
            apply_privileges(connection, alias="orders", role="orders_app")

        row = superuser.execute(
            "SELECT has_table_privilege('orders_app', 'orders.event_log', 'UPDATE, DELETE')"
        ).fetchone()
        assert row == (False,)


class TestMigrating:
    def test_changes_nothing_the_second_time(self, committed: None) -> None:
        applied: list[str] = []

        migrate_one(environment(), environment().databases["orders"], applied.append)

        assert applied == []

    def test_gives_the_thread_its_own_connection_back(self, committed: None) -> None:
        usual = connections["orders"]

        migrate_one(environment(), environment().databases["orders"], str)

        assert connections["orders"] is usual
