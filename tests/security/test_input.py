"""What callers must not be able to set, ask for or smuggle in, tried on every operation of the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings

from shared_kernel.identity.api_keys import SCOPES
from shared_kernel.ids import new_id
from tests.security.operations import OPERATIONS, Operation, example, objects
from tests.security.world import Headers, World, call, key_with, send

# Every column there is, and what has opened other shops.
COLUMNS = {
    field.name
    for label in (*settings.ASHLAR_CONTEXTS, "shared_kernel", "auth")
    for model in apps.get_app_config(label).get_models()
    for field in model._meta.get_fields()
} | {"is_staff", "price", "total", "status", "customer_id", "paid_at", "version", "id", "pk", "scopes", "__proto__"}

HOSTILE = [
    "' OR '1'='1",
    '"; DROP TABLE orders_order; --',
    "1) UNION SELECT password_hash FROM customers_customer --",
    "%",
    "\\",
    "{{7*7}}${7*7}<%= 7*7 %>",
    '{"$ne": null}',
    "customer__password_hash",
    "../../../../etc/passwd",
    "en'; SET ROLE orders_owner; --",
    "\x00",
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    "a" * 1_500,
    ",,,,",
    "\r\nX-Injected: yes",
]


def caller(world: World, operation: Operation, key: Headers) -> Headers:
    """The credentials with which an operation can be reached."""
    return key if operation.is_for_staff else world.visitors.customer


@pytest.fixture
def unchanged_world(world: World) -> Iterator[World]:
    with world.unchanged():
        yield world


def additions(operation: Operation) -> Iterator[tuple[str, list[str]]]:
    """Where in a body to add which members: at most twenty at a time, for a refusal names only so many."""
    for pointer, part in objects(example(operation.body or {})):
        names = sorted(COLUMNS - set(part))
        for start in range(0, len(names), 20):
            yield pointer, names[start : start + 20]


class TestAnyBody:
    def test_sets_nothing_that_it_does_not_name(self, unchanged_world: World) -> None:
        world, key = unchanged_world, key_with(SCOPES)

        for operation in (each for each in OPERATIONS if each.body is not None):
            headers = caller(world, operation, key)
            for pointer, names in additions(operation):
                body = example(operation.body or {})
                place = dict(objects(body))[pointer]
                place |= dict.fromkeys(names, 1)
                answer = call(operation, world.mine, headers, body=body)
                assert answer.status_code == 422, (str(operation), answer.content[:300])
                refused = {each["pointer"] for each in answer.json()["errors"] if each["code"] == "unknown_field"}
                assert refused == {f"{pointer}/{name}" for name in names}, str(operation)

    def test_is_not_taken_for_something_else(self, unchanged_world: World) -> None:
        world, key = unchanged_world, key_with(SCOPES)

        for operation in (each for each in OPERATIONS if each.body is not None):
            bodies: list[Any] = [[], [{}], "text", 1, True, {"": {}}, {"constructor": {"prototype": {}}}]
            for body in bodies:
                answer = call(operation, world.mine, caller(world, operation, key), body=body)
                assert answer.status_code == 422, (operation, body, answer.content[:300])


class TestAnyParameter:
    def test_that_is_not_declared_is_refused(self, unchanged_world: World) -> None:
        world, key = unchanged_world, key_with(SCOPES)
        names = ["id", "customer_id[]", "created_at__lt", "status[ne]", "fields", "q", "where", "order_by", "format"]
        names += ["customer__email", "email", "password_hash__startswith", "include", "page", "offset", "_method"]

        for operation in (each for each in OPERATIONS if each.method == "GET"):
            headers = caller(world, operation, key)
            for name in names:
                if name not in operation.query:
                    answer = send("GET", operation.url(world.mine), headers, query={name: "a"})
                    assert answer.status_code == 422, (operation, name)

    def test_is_only_ever_a_value(self, unchanged_world: World) -> None:
        world, key = unchanged_world, key_with(SCOPES)

        for operation in (each for each in OPERATIONS if each.method == "GET"):
            for name, schema in operation.query.items():
                # Of a range, each end is read by the same code.
                for text in HOSTILE[:2] if "[" in name else HOSTILE:
                    answer = send("GET", operation.url(world.mine), caller(world, operation, key), query={name: text})
                    assert answer.status_code in allowed(operation, schema), (operation, name, text)
                    assert "X-Injected" not in answer.headers
                    if answer.status_code == 200:
                        assert answer.json()["data"] == [], (operation, name, text)


def allowed(operation: Operation, schema: Mapping[str, Any]) -> set[int]:
    """The answers to nonsense: free text finds nothing, everything else is refused."""
    free = schema.get("type") == "string" and not {"enum", "pattern", "format"} & schema.keys()
    return {200, 422} if free else {422}


class TestACursor:
    def test_of_somebody_else_leads_to_nothing_of_theirs(self, world: World) -> None:
        for _ in range(2):
            world.another_order()
        url = "/v1/orders"
        theirs = send("GET", url, world.other_customer, query={"limit": 1}).json()["page"]["next"]

        answer = send("GET", url, world.visitors.customer, query={"limit": 1, "after": theirs})

        assert theirs is not None
        assert {order["customer_id"] for order in answer.json()["data"]} <= {world.mine["customer_id"]}


class TestAnIdempotencyKey:
    def test_means_something_else_to_everybody_who_uses_it(self, world: World) -> None:
        """One customer's stored answer is not given to another, to a guest, or to staff."""
        key, url = str(new_id()), f"/v1/orders/{world.mine['order_id']}/cancel"
        first = send("POST", url, {**world.visitors.customer, "Idempotency-Key": key}, body={})
        callers = [world.other_customer, world.visitors.guest, key_with(SCOPES), {}]

        answers = [send("POST", url, {**headers, "Idempotency-Key": key}, body={}) for headers in callers]

        assert first.status_code == 200
        assert [answer.status_code for answer in answers] == [404, 404, 403, 401]
        assert all("Idempotent-Replayed" not in answer.headers for answer in answers)

    def test_of_an_anonymous_caller_gives_its_order_to_nobody_with_credentials(self, world: World) -> None:
        key, body = str(new_id()), world.guest_order()
        placed = send("POST", "/v1/orders", {"Idempotency-Key": key}, body=body)

        again = send("POST", "/v1/orders", {**world.visitors.guest, "Idempotency-Key": key}, body=body)
        changed = send("POST", "/v1/orders", {"Idempotency-Key": key}, body={**body, "email": "eve@example.test"})

        assert (placed.status_code, again.status_code, changed.status_code) == (201, 201, 422)
        assert again.json()["id"] != placed.json()["id"]
        assert placed.json()["order_token"] not in changed.content.decode()

    def test_keeps_its_answer_from_all_who_do_not_hold_it(self, world: World) -> None:
        key, body = str(new_id()), world.guest_order()

        placed = send("POST", "/v1/orders", {"Idempotency-Key": key}, body=body)
        rows = world.database.superuser().execute("SELECT k::text, body FROM orders.idempotency_key k").fetchall()
        again = send("POST", "/v1/orders", {"Idempotency-Key": key}, body=body)

        stored = " ".join(text + bytes(content).decode("latin-1") for text, content in rows)
        for secret in (body["email"], body["shipping_address"]["line1"], placed.json()["order_token"], key):
            assert secret not in stored
        assert again.headers["Idempotent-Replayed"] == "true"
        assert again.content == placed.content
