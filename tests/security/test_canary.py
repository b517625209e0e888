"""A person leaves traces in the shop; afterwards nothing but the tables of customers and orders knows of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from psycopg import sql

from shared_kernel.ids import new_id
from tests.acceptance.shopfront import SETTLED, Shopfront

pytestmark = pytest.mark.slow

CARD_LIKE = "4111111111111111"
# Whom an order goes to, who has an account, and what is written to both; everything else does without.
MEANT = {
    "customers.customers_customer",
    "customers.customers_message",
    "orders.orders_order",
    "orders.orders_orderaddress",
}


@dataclass(frozen=True)
class Person:
    """What must not be found elsewhere: `marks` of the person, and the `secrets` that were given to them."""

    marks: list[str]
    secrets: list[str]
    repeated: list[str]


@pytest.fixture(scope="module")
def person(shopfront: Shopfront) -> Person:
    """Somebody who registers, orders, mistypes, pays, is declined, changes their mind, and is a guest as well."""
    mark = f"canary-{new_id()}"
    password = f"{mark}-password"
    address = {"name": f"{mark} name", "line1": f"{mark} street", "line2": CARD_LIKE, "city": mark, "country": "DE"}
    account = {"email": f"{mark}@example.test", "password": password, "name": f"{mark} name"}
    for _ in range(2):
        assert shopfront.http.post("/v1/auth/register", json=account).status_code == 202
    login = {"email": account["email"], "password": password}
    tokens = shopfront.http.post("/v1/auth/login", json=login).json()
    customer = {"Authorization": f"Bearer {tokens['access_token']}"}
    variant_id = shopfront.stock_up(20)

    def order(token: str = "sim_ok", **more: Any) -> dict[str, Any]:
        body = shopfront.order_body(variant_id, token=token)
        return {**body, "email": f"{mark}-guest@example.test", "shipping_address": address, **more}

    own = order()
    del own["email"]
    placed = [shopfront.post("/v1/orders", own, customer)]
    placed += [
        shopfront.post("/v1/orders", order(token, billing_address=address))
        for token in ("sim_ok", "sim_declined", "sim_timeout_after")
    ]
    assert {answer.status_code for answer in placed} == {201}
    changed = shopfront.http.patch(
        "/v1/me", json={"name": f"{mark} new"}, headers={**customer, "Idempotency-Key": str(new_id())}
    )
    assert changed.status_code == 200
    refused = [
        shopfront.post("/v1/orders", order(email=f"{mark} at example")),
        shopfront.post("/v1/orders", order(currency=mark)),
        shopfront.post("/v1/orders", order(shipping_address={**address, "country": mark})),
        shopfront.http.post("/v1/auth/login", json={**login, "password": f"{mark}-wrong"}),
        shopfront.http.post("/v1/auth/refresh", json={"refresh_token": f"{mark}-wrong"}),
        shopfront.get("/v1/products", title=mark, created_at=mark),
        shopfront.get("/v1/me", {"Authorization": f"Bearer {mark}"}),
        shopfront.get("/v1/me", {"Cookie": mark, "X-Request-Id": f"{mark}@", "User-Agent": mark, "Referer": mark}),
    ]
    assert all(400 <= answer.status_code < 500 for answer in refused)
    token = str(placed[1].json()["order_token"])
    order_id = placed[1].json()["id"]
    for answer in placed[:2]:
        path = f"/v1/admin/orders/{answer.json()['id']}"
        shopfront.await_that(lambda path=path: shopfront.get(path, shopfront.staff).json()["status"] in SETTLED, path)  # type: ignore[misc]
    assert shopfront.post(f"/v1/orders/{order_id}/cancel", {}, {"Order-Token": token}).status_code == 200
    assert shopfront.audit() is not None
    secrets = [password, tokens["access_token"].rpartition(".")[2], tokens["refresh_token"], token]
    secrets.append(shopfront.staff["Authorization"].partition(" ")[2])
    return Person([mark, CARD_LIKE], secrets, [answer.text for answer in refused])


def test_no_refusal_repeats_what_was_sent(person: Person) -> None:
    for text in person.repeated:
        assert [mark for mark in person.marks if mark in text] == []


def test_no_log_names_them(shopfront: Shopfront, person: Person) -> None:
    # Of all processes, and of PostgreSQL and Redis beside them.
    logs = [path for path in shopfront.stack.logs.parent.parent.rglob("*.log") if path.is_file()]

    assert {path.name for path in logs} >= {"web.log", "worker.log", "relay.log"}
    assert list(found_in(logs, person)) == []


def found_in(paths: list[Path], person: Person) -> Iterator[tuple[str, str]]:
    for path in paths:
        text = path.read_text(errors="replace")
        yield from ((path.name, word) for word in (*person.marks, *person.secrets) if word in text)


def test_no_table_knows_them_that_need_not(shopfront: Shopfront, person: Person) -> None:
    connection = shopfront.stack.database.superuser()

    marked = {table for word in person.marks for table in tables_with(connection, word)}
    secret = {table for word in person.secrets for table in tables_with(connection, word)}

    assert marked == MEANT
    assert secret == set()


def tables_with(connection: psycopg.Connection[Any], word: str) -> Iterator[str]:
    """Every table in which a word stands, as text or as bytes."""
    tables = connection.execute(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    ).fetchall()
    asked = sql.SQL("SELECT exists (SELECT 1 FROM {} t WHERE strpos(t::text, %s) > 0 OR strpos(t::text, %s) > 0)")
    for table in tables:
        row = connection.execute(asked.format(sql.Identifier(*table)), [word, word.encode().hex()]).fetchone()
        if row == (True,):
            yield ".".join(table)


def test_redis_holds_nothing_of_them(shopfront: Shopfront, person: Person) -> None:
    with redis.Redis.from_url(shopfront.stack.environment.redis_url) as client:
        kept = b" ".join(key + (client.dump(key) or b"") for key in client.scan_iter())

    assert b"ashlar" in kept
    assert [word for word in (*person.marks, *person.secrets) if word.encode() in kept] == []


def test_no_command_line_shows_a_secret(shopfront: Shopfront, person: Person) -> None:
    environment = shopfront.stack.environment
    hidden = [environment.secrets.django, environment.secrets.order_token, environment.secrets.cursor]
    hidden += [each.app.password for each in environment.databases.values()]
    hidden += [each.owner.password for each in environment.databases.values()]

    lines = [Path(f"/proc/{process.pid}/cmdline").read_text() for process in shopfront.stack.processes.values()]

    assert len(lines) >= 4
    assert [word for word in (*hidden, *person.secrets) if word and any(word in line for line in lines)] == []
