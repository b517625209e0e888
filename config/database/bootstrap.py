"""Roles, schemas and rights of every context, as SQL that may run any number of times."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from config.database.addresses import SIMULATOR, ContextDatabase, DatabaseAddress
from config.environment_values import Environment
from config.variables import ConfigurationError

# One bootstrap at a time per server: roles belong to the whole server, and two ALTER ROLE at once fail.
BOOTSTRAP_LOCK = 0x415348
MAINTENANCE_DATABASE = "postgres"

APP_SETTINGS = {"statement_timeout": "5s", "lock_timeout": "1s", "idle_in_transaction_session_timeout": "10s"}
OWNER_SETTINGS = {"statement_timeout": "0", "lock_timeout": "2s", "idle_in_transaction_session_timeout": "60s"}
APP_TABLE_PRIVILEGES: tuple[LiteralString, ...] = ("SELECT", "INSERT", "UPDATE", "DELETE")

Connection = psycopg.Connection[tuple[Any, ...]]


def bootstrap(environment: Environment) -> list[str]:
    """Make the database, roles, schemas and default rights; returns the schemas that are ready.

    Raises:
        ConfigurationError: a server is not reached, or not with the rights this needs.
    """
    ready: list[str] = []
    for admin, databases in _by_server(environment.databases.values()):
        try:
            ready += _bootstrap_database(admin, databases, environment)
        except psycopg.errors.InsufficientPrivilege as error:
            raise ConfigurationError(
                f"DATABASE_URL names {admin.user}, who may not make roles and schemas in {admin.name} "
                f"({error.diag.message_primary}): take a superuser, or the database's owner with CREATEROLE."
            ) from error
    return ready


def _bootstrap_database(
    admin: DatabaseAddress, databases: list[ContextDatabase], environment: Environment
) -> list[str]:
    ready = []
    with _connect(admin) as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [BOOTSTRAP_LOCK])
        _close_to_public(connection, admin.name)
        for database in databases:
            _make_schema(connection, database.alias, app=database.app, owner=database.owner)
            ready.append(database.alias)
        simulator = environment.simulator
        hosts_payments = any(database.alias == "payments" for database in databases)
        if simulator and simulator.database.same_database(admin) and hosts_payments:
            _make_simulator(connection, simulator.database)
            ready.append(SIMULATOR)
    return ready


def _by_server(databases: Iterable[ContextDatabase]) -> list[tuple[DatabaseAddress, list[ContextDatabase]]]:
    groups: list[tuple[DatabaseAddress, list[ContextDatabase]]] = []
    for database in databases:
        if database.admin is None:
            raise ConfigurationError(
                f"DATABASE_URL (or {database.alias.upper()}_ADMIN_DATABASE_URL) names no user who may make the roles "
                f"and the schema of {database.alias}."
            )
        for admin, members in groups:
            if admin == database.admin:
                members.append(database)
                break
        else:
            groups.append((database.admin, [database]))
    return groups


def _connect(admin: DatabaseAddress) -> Connection:
    try:
        return psycopg.connect(admin.conninfo, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError as error:
        if f'database "{admin.name}" does not exist' not in str(error):
            raise unreachable(admin, error) from error
    try:
        with psycopg.connect(
            admin.named(MAINTENANCE_DATABASE).conninfo, autocommit=True, connect_timeout=5
        ) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(admin.name)))
    except psycopg.errors.DuplicateDatabase:
        pass  # Another bootstrap was faster.
    except psycopg.Error as error:
        raise ConfigurationError(
            f"DATABASE_URL names the database {admin.name}, which cannot be made: {error}."
        ) from error
    return psycopg.connect(admin.conninfo, autocommit=True, connect_timeout=5)


def unreachable(address: DatabaseAddress, error: Exception) -> ConfigurationError:
    """The one sentence for a database that does not take somebody."""
    return ConfigurationError(
        f"the database {address.name} on {address.host} does not take {address.user or 'us'} "
        f"(start `manage.py up`, or look at DATABASE_URL): {_reason(error)}"
    )


def unanswered(error: Exception) -> str | None:
    """One sentence for an error that no connection came about, None for any other error of a database."""
    cause = error.__cause__
    # Once a session stands, errors carry the server's code.
    if not isinstance(cause, psycopg.OperationalError) or cause.sqlstate is not None:
        return None
    return f"a database does not answer (start `manage.py up`, or look at DATABASE_URL): {_reason(error)}"


def _reason(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[-1].strip() if lines else type(error).__name__


def _close_to_public(connection: Connection, database: str) -> None:
    # A role meets nothing that it was not given: no database, no schema.
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(database)))
    connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")


def _make_schema(connection: Connection, schema: str, *, app: DatabaseAddress, owner: DatabaseAddress) -> None:
    _make_role(connection, owner, schema, OWNER_SETTINGS)
    _make_role(connection, app, schema, APP_SETTINGS)
    names = {
        "database": sql.Identifier(app.name),
        "schema": sql.Identifier(schema),
        "app": sql.Identifier(app.user),
        "owner": sql.Identifier(owner.user),
        "privileges": sql.SQL(", ").join(sql.SQL(word) for word in APP_TABLE_PRIVILEGES),
    }
    # Only a superuser acts for a role without being its member.
    if not _is_superuser(connection):
        connection.execute(sql.SQL("GRANT {owner} TO CURRENT_USER").format(**names))
    statements: tuple[LiteralString, ...] = (
        "GRANT CONNECT ON DATABASE {database} TO {app}, {owner}",
        "CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION {owner}",
        "REVOKE ALL ON SCHEMA {schema} FROM PUBLIC",
        "GRANT USAGE ON SCHEMA {schema} TO {app}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {schema} GRANT {privileges} ON TABLES TO {app}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {schema} GRANT USAGE, SELECT ON SEQUENCES TO {app}",
        "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA {schema} GRANT EXECUTE ON FUNCTIONS TO {app}",
    )
    for statement in statements:
        connection.execute(sql.SQL(statement).format(**names))


def _make_simulator(connection: Connection, app: DatabaseAddress) -> None:
    """A schema for the provider simulator, which stands for a foreign system and therefore makes its own tables."""
    _make_role(connection, app, SIMULATOR, APP_SETTINGS)
    names = {"database": sql.Identifier(app.name), "schema": sql.Identifier(SIMULATOR), "app": sql.Identifier(app.user)}
    if not _is_superuser(connection):
        connection.execute(sql.SQL("GRANT {app} TO CURRENT_USER").format(**names))
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {database} TO {app}").format(**names))
    connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION {app}").format(**names))
    connection.execute(sql.SQL("REVOKE ALL ON SCHEMA {schema} FROM PUBLIC").format(**names))


def _make_role(connection: Connection, address: DatabaseAddress, schema: str, settings: dict[str, str]) -> None:
    role = sql.Identifier(address.user)
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [address.user]).fetchone() is None:
        connection.execute(sql.SQL("CREATE ROLE {}").format(role))
    connection.execute(sql.SQL("ALTER ROLE {} LOGIN NOCREATEDB NOCREATEROLE NOINHERIT").format(role))
    if address.password:
        # Hashed here, so that the server and its log never see the password itself.
        encrypted = connection.pgconn.encrypt_password(
            address.password.encode(), address.user.encode(), b"scram-sha-256"
        ).decode()
        connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, sql.Literal(encrypted)))
    # On the role, not in the connection's options, which transaction poolers drop.
    for name, value in {"search_path": schema, "timezone": "UTC", **settings}.items():
        connection.execute(sql.SQL("ALTER ROLE {} SET {} = {}").format(role, sql.Identifier(name), sql.Literal(value)))


def _is_superuser(connection: Connection) -> bool:
    row = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    return bool(row and row[0])
