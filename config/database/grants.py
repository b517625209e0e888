"""What the app role may do with each table: everything that changes rows, unless the model says less.

A model narrows it by a class attribute: `app_privileges = ("SELECT", "INSERT")` for a table that is only appended to.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.apps import apps
from django.db import router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

PRIVILEGES = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})
HISTORY_TABLE = "django_migrations"


class UnknownPrivilege(ValueError):
    """A model's `app_privileges` names something that is no privilege."""


def wanted_privileges(alias: str) -> dict[str, frozenset[str]]:
    """The privileges of the app role by table name of an alias.

    Raises:
        UnknownPrivilege: a model asks for what does not exist.
    """
    wanted = {HISTORY_TABLE: frozenset({"SELECT"})}
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy and router.allow_migrate_model(alias, model):
            privileges = frozenset(getattr(model, "app_privileges", PRIVILEGES))
            if not privileges <= PRIVILEGES:
                raise UnknownPrivilege(f"{model._meta.label}: {', '.join(sorted(privileges - PRIVILEGES))}")
            wanted[model._meta.db_table] = privileges
    return wanted


def apply_privileges(connection: BaseDatabaseWrapper, *, alias: str, role: str) -> None:
    """Give the app role exactly the declared privileges; tables that are right already are not touched."""
    actual = _actual_privileges(connection, schema=alias, role=role)
    quote = connection.ops.quote_name
    with transaction.atomic(using=alias), connection.cursor() as cursor:
        for table, privileges in wanted_privileges(alias).items():
            if table not in actual or actual[table] == privileges:
                continue
            target = f"{quote(alias)}.{quote(table)}"
            cursor.execute(f"REVOKE ALL ON {target} FROM {quote(role)}")
            if privileges:
                cursor.execute(f"GRANT {_listed(privileges)} ON {target} TO {quote(role)}")


def _actual_privileges(connection: BaseDatabaseWrapper, *, schema: str, role: str) -> dict[str, frozenset[str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT c.relname, array_remove(array_agg(acl.privilege_type), NULL)
            FROM pg_class c
            LEFT JOIN LATERAL aclexplode(c.relacl) acl ON acl.grantee = %s::regrole
            WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p')
            GROUP BY c.relname
            """,
            [role, schema],
        )
        return {table: frozenset(privileges) for table, privileges in cursor.fetchall()}


def _listed(privileges: Iterable[str]) -> str:
    return ", ".join(sorted(privileges))
