"""The tests stand where production stands: as the app role, in its own schema, and nowhere else."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, transaction

from tests.databases import TestDatabase

ALIASES = [alias for alias in settings.DATABASES if alias != "default"]


@pytest.mark.django_db(databases="__all__")
class TestEachAlias:
    @pytest.mark.parametrize("alias", ALIASES)
    def test_connects_as_its_app_role_to_its_own_schema(self, alias: str) -> None:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT current_user::text, current_setting('search_path'), current_schema()::text")
            user, search_path, schema = cursor.fetchone()

        assert (user, search_path, schema) == (f"{alias}_app", alias, alias)

    @pytest.mark.parametrize("alias", ALIASES)
    def test_has_the_limits_of_production(self, alias: str) -> None:
        with connections[alias].cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('statement_timeout'), current_setting('lock_timeout'),"
                " current_setting('idle_in_transaction_session_timeout')"
            )
            limits = cursor.fetchone()

        assert limits == ("5s", "1s", "10s")

    def test_default_cannot_be_used(self) -> None:
        with pytest.raises(ImproperlyConfigured), transaction.atomic():
            pass


class TestCommitted:
    def test_commits_can_be_seen_by_another_connection(self, committed: None, test_database: TestDatabase) -> None:
        User.objects.create(username="somebody")

        assert test_database.superuser().execute("SELECT count(*) FROM platform.auth_user").fetchone() == (1,)

    def test_leaves_nothing_for_the_next_test(self, committed: None, test_database: TestDatabase) -> None:
        assert test_database.superuser().execute("SELECT count(*) FROM platform.auth_user").fetchone() == (0,)
