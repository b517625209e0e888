"""The third net: the catalog audit finds nothing in a fresh database, and each planted hole in a wall."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, LiteralString

import psycopg
import pytest

from config.audit.catalog import catalog_findings
from config.audit.estates import estates
from config.audit.walls import WALLS
from config.environment import environment
from tests.databases import TestDatabase

Cursor = psycopg.Cursor[tuple[Any, ...]]

TABLES: LiteralString = """
    SET LOCAL ROLE orders_owner; CREATE TABLE orders.planted (id int PRIMARY KEY); RESET ROLE;
    SET LOCAL ROLE inventory_owner; CREATE TABLE inventory.planted (id int PRIMARY KEY); RESET ROLE;
"""
TRIGGER: LiteralString = """
    CREATE FUNCTION inventory.notice() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
    CREATE TRIGGER planted AFTER INSERT ON orders.planted FOR EACH ROW EXECUTE FUNCTION inventory.notice()
"""
FUNCTION: LiteralString = """
    CREATE FUNCTION orders.peek() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM inventory.planted';
    ALTER FUNCTION orders.peek() OWNER TO orders_owner
"""
PATH_OF_FUNCTION: LiteralString = """
    CREATE FUNCTION orders.peek() RETURNS bigint LANGUAGE plpgsql SET search_path = orders, inventory
    AS 'BEGIN RETURN (SELECT count(*) FROM stock_level); END'
"""
DEFINER: LiteralString = "CREATE FUNCTION orders.peek() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'"

# the wall, the statement that breaks it, what the finding must name
PLANTS: list[tuple[str, LiteralString, str]] = [
    (
        "foreign_key_between_schemas",
        "ALTER TABLE orders.planted ADD FOREIGN KEY (id) REFERENCES inventory.planted (id)",
        "planted_id_fkey on orders.planted",
    ),
    ("view_between_schemas", "CREATE VIEW orders.both AS SELECT id FROM inventory.planted", "orders.both"),
    ("view_between_schemas", "CREATE MATERIALIZED VIEW public.all AS SELECT id FROM orders.planted", "public.all"),
    (
        "view_between_schemas",
        "CREATE RULE copy AS ON INSERT TO orders.planted DO ALSO INSERT INTO inventory.planted VALUES (new.id)",
        "orders.planted",
    ),
    ("trigger_between_schemas", TRIGGER, "planted on orders.planted"),
    ("function_names_another_schema", FUNCTION, "orders.peek"),
    ("function_names_another_schema", PATH_OF_FUNCTION, "orders.peek"),
    ("function_with_the_rights_of_its_owner", DEFINER, "orders.peek()"),
    ("table_inherits_between_schemas", "CREATE TABLE orders.child () INHERITS (inventory.planted)", "orders.child"),
    (
        "default_from_another_schema",
        "CREATE SEQUENCE inventory.numbers; CREATE TABLE orders.numbered (id int DEFAULT nextval('inventory.numbers'))",
        "orders.numbered.id",
    ),
    ("schema_open_to_another_role", "GRANT USAGE ON SCHEMA inventory TO orders_app", "orders_app"),
    ("grant_to_another_role", "GRANT SELECT ON inventory.planted TO orders_app", "inventory.planted"),
    ("grant_to_another_role", "GRANT SELECT (id) ON inventory.planted TO PUBLIC", "inventory.planted.id"),
    (
        "grant_to_another_role",
        "ALTER DEFAULT PRIVILEGES FOR ROLE inventory_owner IN SCHEMA inventory GRANT SELECT ON TABLES TO orders_app",
        "inventory.default privileges",
    ),
    ("app_role_may_more_than_rows", "GRANT TRUNCATE ON orders.planted TO orders_app", "orders.planted"),
    ("app_role_may_create", "GRANT CREATE ON SCHEMA orders TO orders_app", "orders_app"),
    ("role_with_power", "ALTER ROLE orders_app SUPERUSER", "orders_app"),
    ("role_with_power", "ALTER ROLE orders_owner CREATEROLE", "orders_owner"),
    ("role_with_power", "GRANT inventory_app TO orders_app", "orders_app"),
    ("search_path_leads_elsewhere", "ALTER ROLE orders_app SET search_path = orders, inventory", "orders_app"),
    ("search_path_leads_elsewhere", "ALTER ROLE orders_app RESET search_path", "orders_app"),
    ("owned_by_another_role", "CREATE TABLE orders.mine (id int)", "orders.mine"),
    ("owned_by_another_role", "ALTER SCHEMA orders OWNER TO payments_owner", "schema orders"),
    ("public_schema_in_use", "GRANT USAGE ON SCHEMA public TO PUBLIC", "schema public"),
    ("public_schema_in_use", "CREATE TABLE public.shared (id int)", "public.shared"),
]


@pytest.fixture
def superuser(django_db_setup: None, test_database: TestDatabase) -> Iterator[Cursor]:
    """Somebody who may do anything, and whose work is undone."""
    connection = test_database.superuser()
    with connection.transaction(force_rollback=True):
        yield connection.cursor()


class TestTheCatalog:
    def test_shows_walls_without_holes(self, superuser: Cursor) -> None:
        assert catalog_findings(superuser, estates(environment())) == []

    @pytest.mark.parametrize(("wall", "planted", "subject"), PLANTS)
    def test_shows_a_planted_hole(self, superuser: Cursor, wall: str, planted: LiteralString, subject: str) -> None:
        superuser.execute(TABLES)
        superuser.execute(planted)

        findings = catalog_findings(superuser, estates(environment()))

        assert subject in [finding.subject for finding in findings if finding.invariant == wall]

    def test_has_a_planted_hole_for_each_wall(self) -> None:
        assert {wall for wall, *_ in PLANTS} == {wall.name for wall in WALLS}
