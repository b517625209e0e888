"""Requests that no honest client sends: each is refused with a problem document, and leaves nothing behind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest

from shared_kernel.ids import encode_id, new_id
from tests.acceptance.refusals import nothing_written, pointers, refusal
from tests.acceptance.shopfront import Shopfront

pytestmark = pytest.mark.slow

ORDERS = "/v1/orders"
LONG_TEXT = "a" * 1_000_000
# In place of a value where Python has no way to write what is to be sent.
HOLE = "<hole>"


@dataclass(frozen=True)
class Scene:
    """What honest people did before: a product on sale, and an order of it."""

    variant_id: str
    customer: dict[str, str]
    order_id: str


@pytest.fixture(scope="module")
def scene(shopfront: Shopfront) -> Scene:
    variant_id = shopfront.stock_up(1_000)
    customer = shopfront.customer()
    body = shopfront.order_body(variant_id)
    del body["email"]
    placed = shopfront.post(ORDERS, body, customer)
    return Scene(variant_id, customer, placed.json()["id"])


@pytest.fixture(autouse=True)
def _nothing_is_written(shopfront: Shopfront, scene: Scene) -> Iterator[None]:
    with nothing_written(shopfront):
        yield


def send(
    shopfront: Shopfront, content: bytes, content_type: str | None = "application/json", **headers: str
) -> httpx.Response:
    """Send bytes as an order."""
    given = {"Idempotency-Key": str(new_id()), **({"Content-Type": content_type} if content_type else {}), **headers}
    return shopfront.http.post(ORDERS, content=content, headers=given)


def order_with(shopfront: Shopfront, scene: Scene, path: str, value: Any) -> dict[str, Any]:
    """An order in which the member at `path` has this value."""
    body = deepcopy(shopfront.order_body(scene.variant_id))
    *way, last = path.split("/")
    place: Any = body
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place[step]
    place[int(last) if isinstance(place, list) else last] = value
    return body


class TestABody:
    @pytest.mark.parametrize(
        "content",
        [
            b"{",
            b"'",
            b"{} {}",
            b"\x00",
            b"\xef\xbb\xbf{}",
            b'{"a": "\xff"}',
            '{"currency": "EUR"}'.encode("utf-16"),
            b'{"currency": "EUR", "currency": "USD"}',
            b'{"lines": [{"quantity": 1, "quantity": 2}]}',
            b'{"lines": [{"quantity": 1e400}]}',
            b'{"lines": [{"quantity": NaN}]}',
            b'{"lines": [{"quantity": -Infinity}]}',
            b'{"lines": [{"quantity": ' + b"9" * 5_000 + b"}]}",
            b'{"lines": [{"quantity": 0x10}]}',
            b'{"lines": [{"quantity": 01}]}',
            b'{"lines": [{"quantity": +1}]}',
        ],
        ids=lambda content: repr(content[:40]),
    )
    def test_that_is_not_json_is_malformed(self, shopfront: Shopfront, content: bytes) -> None:
        refusal(send(shopfront, content), 400, "malformed_json")

    @pytest.mark.parametrize("content", [b"[]", b"null", b"1", b'"order"', b"true", b"", b"{}", b'[{"a": 1}]'])
    def test_that_is_no_order_is_not_valid(self, shopfront: Shopfront, content: bytes) -> None:
        assert refusal(send(shopfront, content), 422, "validation_failed")["errors"]

    @pytest.mark.parametrize("depth", [30, 1_000, 100_000])
    @pytest.mark.parametrize("pattern", [b"[]", b'{"a":}'], ids=["lists", "objects"])
    def test_is_not_nested_without_end(self, shopfront: Shopfront, depth: int, pattern: bytes) -> None:
        content = pattern[:-1] * depth + b"1" + pattern[-1:] * depth

        assert pointers(refusal(send(shopfront, content), 422, "validation_failed")) == {("", "too_deep")}

    @pytest.mark.parametrize("text", ["\\u0000", "\\ud800", "\\udc00x", "\\udfff\\ud800"])
    @pytest.mark.parametrize("path", ["email", "shipping_address/name", "payment_method/token", "lines/0/variant_id"])
    def test_holds_no_text_that_cannot_be_stored(
        self, shopfront: Shopfront, scene: Scene, text: str, path: str
    ) -> None:
        content = json.dumps(order_with(shopfront, scene, path, HOLE)).replace(HOLE, text).encode()

        document = refusal(send(shopfront, content), 422, "validation_failed")

        assert pointers(document) == {(f"/{path}", "invalid_text")}

    @pytest.mark.parametrize("path", ["email", "shipping_address/name", "payment_method/token", "currency", "extra"])
    def test_holds_no_text_without_end(self, shopfront: Shopfront, scene: Scene, path: str) -> None:
        document = refusal(
            shopfront.post(ORDERS, order_with(shopfront, scene, path, LONG_TEXT)), 422, "validation_failed"
        )

        assert {pointer for pointer, _ in pointers(document)} == {f"/{path}"}
        assert len(json.dumps(document)) < 2_000

    def test_is_not_repeated_in_the_answer(self, shopfront: Shopfront) -> None:
        bodies = [{LONG_TEXT: 1}, {f"{number:a>3000}": 1 for number in range(300)}, {"lines": [{LONG_TEXT: 1}]}]

        for body in bodies:
            assert len(json.dumps(refusal(shopfront.post(ORDERS, body), 422, "validation_failed"))) < 50_000

    @pytest.mark.parametrize("size", [1_048_577, 10_000_000])
    def test_is_not_too_large(self, shopfront: Shopfront, size: int) -> None:
        refusal(send(shopfront, b" " * size), 413, "body_too_large")

    @pytest.mark.parametrize(
        "content_type",
        [
            None,
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/xml",
            "application/merge-patch+json",
            "application/json; charset=utf-16",
            "application/json, text/html",
            "a" * 5_000,
        ],
        ids=lambda text: str(text)[:40],
    )
    def test_says_that_it_is_json(self, shopfront: Shopfront, scene: Scene, content_type: str | None) -> None:
        content = json.dumps(shopfront.order_body(scene.variant_id)).encode()

        refusal(send(shopfront, content, content_type), 415, "unsupported_media_type")


class TestAQuantity:
    @pytest.mark.parametrize(
        "quantity",
        ["0", "-1", "1000001", str(2**31), str(2**63), "-9223372036854775809", "1.5", "1.0", "1e2", '"1"', '"1,0"',
         '""', "true", "false", "null", "[]", "[1]", "{}", '"\\u0661"'],
    )  # fmt: skip
    def test_is_a_whole_number_of_units(self, shopfront: Shopfront, scene: Scene, quantity: str) -> None:
        body = order_with(shopfront, scene, "lines/0/quantity", HOLE)
        content = json.dumps(body).replace(f'"{HOLE}"', quantity).encode()

        document = refusal(send(shopfront, content), 422, "validation_failed")

        assert {pointer for pointer, _ in pointers(document)} == {"/lines/0/quantity"}


class TestAnOrder:
    @pytest.mark.parametrize(
        "path",
        ["is_staff", "total", "status", "customer_id", "version", "__proto__", "lines/0/unit_price", "lines/0/price",
         "shipping_address/is_admin", "payment_method/card_number"],
    )  # fmt: skip
    def test_has_no_unknown_members(self, shopfront: Shopfront, scene: Scene, path: str) -> None:
        document = refusal(shopfront.post(ORDERS, order_with(shopfront, scene, path, 1)), 422, "validation_failed")

        assert pointers(document) == {(f"/{path}", "unknown_field")}

    @pytest.mark.parametrize(
        ("path", "value", "code"),
        [
            ("currency", "eur", "invalid_choice"),
            ("currency", ["EUR"], "invalid_choice"),
            ("lines", [], "min_length"),
            ("lines", {}, "not_a_list"),
            ("email", "nobody", "invalid"),
            ("email", "a@b.example\nBcc: c@d.example", "invalid"),
            ("shipping_address", None, "null"),
            ("shipping_address/country", "Germany", "max_length"),
            ("shipping_address/country", "d\n", "invalid"),
            ("shipping_address/name", " \t ", "blank"),
            ("payment_method/type", "gold", "invalid_choice"),
            ("expected_total", {"amount": 19.99, "currency": "EUR"}, "invalid"),
            ("expected_total", {"amount": -1, "currency": "EUR"}, "min_value"),
            ("expected_total", {"amount": 2**63, "currency": "EUR"}, "max_value"),
            ("lines/0/expected_unit_price", "19.99", "invalid"),
            ("lines/0/variant_id", "var_short", "invalid_id"),
            ("lines/0/variant_id", encode_id("prd", UUID(int=1)), "invalid_id"),
            ("lines/0/variant_id", str(UUID(int=1)), "invalid_id"),
            ("lines/0/variant_id", {"$ne": None}, "invalid_id"),
        ],
        ids=str,
    )
    def test_has_no_impossible_values(
        self, shopfront: Shopfront, scene: Scene, path: str, value: Any, code: str
    ) -> None:
        document = refusal(shopfront.post(ORDERS, order_with(shopfront, scene, path, value)), 422, "validation_failed")

        assert (f"/{path}", code) in pointers(document)

    def test_has_no_more_lines_than_a_hundred(self, shopfront: Shopfront, scene: Scene) -> None:
        lines = [{"variant_id": scene.variant_id, "quantity": 1}] * 101

        document = refusal(
            shopfront.post(ORDERS, order_with(shopfront, scene, "lines", lines)), 422, "validation_failed"
        )

        assert pointers(document) == {("/lines", "max_length")}


class TestAnIdempotencyKey:
    @pytest.mark.parametrize(
        "key",
        ["", "1", "secret", "a" * 36, "00000000-0000-0000-0000-000000000000", "a" * 256, "key with blanks",
         "01a1f7ea-d5ff-70f5-9c64-35e95714d769, 01a1f7ea-d5ff-70f5-9c64-35e95714d769"],
    )  # fmt: skip
    def test_without_credentials_cannot_be_guessed(self, shopfront: Shopfront, scene: Scene, key: str) -> None:
        answer = shopfront.http.post(
            ORDERS, json=shopfront.order_body(scene.variant_id), headers={"Idempotency-Key": key}
        )

        refusal(answer, 400, "idempotency_key_invalid")

    def test_is_required_where_money_or_stock_moves(self, shopfront: Shopfront, scene: Scene) -> None:
        cases: list[tuple[str, Any, dict[str, str]]] = [
            (ORDERS, shopfront.order_body(scene.variant_id), {}),
            (f"{ORDERS}/{scene.order_id}/cancel", {}, scene.customer),
            (f"/v1/admin/orders/{scene.order_id}/cancel", {"reason": "customer_request"}, shopfront.staff),
        ]

        for path, body, headers in cases:
            refusal(shopfront.http.post(path, json=body, headers=headers), 400, "idempotency_key_required")


class TestAnId:
    @pytest.mark.parametrize(
        "order_id",
        ["1", "ord_", "ord_8zzzzzzzzzzzzzzzzzzzzzzzzz", "%00", "ord_%00", "..%2f..%2fadmin%2forders", "%ff",
         "ord_" + "0" * 3_000, "ORD_01M7VYXXRJE4TS8GRDX8K3QG4Q", "' OR 1=1 --", "{{7*7}}", "%0d%0aX-Injected:%201"],
        ids=lambda text: text[:30],
    )  # fmt: skip
    def test_that_is_none_leads_nowhere(self, shopfront: Shopfront, scene: Scene, order_id: str) -> None:
        for headers, path in ((scene.customer, ORDERS), (shopfront.staff, "/v1/admin/orders")):
            answer = shopfront.get(f"{path}/{order_id}", headers)

            refusal(answer, 404, "not_found")
            assert "X-Injected" not in answer.headers

    def test_of_another_kind_leads_nowhere(self, shopfront: Shopfront, scene: Scene) -> None:
        same_number = "var_" + scene.order_id.partition("_")[2]

        refusal(shopfront.get(f"{ORDERS}/{same_number}", scene.customer), 404, "not_found")


class TestAQuery:
    @pytest.mark.parametrize(
        ("path", "query", "code"),
        [
            ("/v1/products", {"debug": "1"}, "unknown_parameter"),
            ("/v1/products", {"limit": "-1"}, "invalid"),
            ("/v1/products", {"limit": "0"}, "invalid"),
            ("/v1/products", {"limit": "101"}, "invalid"),
            ("/v1/products", {"limit": "1e1"}, "invalid"),
            ("/v1/products", {"limit": "9" * 3_000}, "invalid"),
            ("/v1/products", {"limit": "٣"}, "invalid"),
            ("/v1/products", {"after": ""}, "invalid_cursor"),
            ("/v1/products", {"after": "nonsense"}, "invalid_cursor"),
            ("/v1/products", {"after": "A" * 3_000}, "invalid_cursor"),
            ("/v1/products", {"after": "\0"}, "invalid_cursor"),
            ("/v1/products", {"handle": "a\0b"}, "invalid_text"),
            ("/v1/products", {"handle": ""}, "blank"),
            ("/v1/products", {"sort": "password"}, "invalid_choice"),
            ("/v1/products", {"expand": "orders"}, "unknown_parameter"),
            ("/v1/admin/orders", {"status": "lost"}, "invalid_choice"),
            ("/v1/admin/orders", {"created_at[gte]": "yesterday"}, "invalid"),
            ("/v1/admin/orders", {"created_at[regex]": ".*"}, "unknown_parameter"),
            ("/v1/admin/orders", {"id__startswith": "0"}, "unknown_parameter"),
            ("/v1/admin/orders", {"customer_id": encode_id("ord", UUID(int=1))}, "invalid_id"),
            ("/v1/currencies", {"x": "1"}, "unknown_parameter"),
        ],
        ids=lambda value: str(value)[:40],
    )
    def test_is_understood_completely_or_refused(
        self, shopfront: Shopfront, path: str, query: dict[str, str], code: str
    ) -> None:
        document = refusal(shopfront.get(path, shopfront.staff, **query), 422, "validation_failed")

        assert pointers(document) == {(next(iter(query)), code)}

    def test_gives_no_parameter_twice(self, shopfront: Shopfront) -> None:
        document = refusal(shopfront.http.get("/v1/products?limit=1&limit=2"), 422, "validation_failed")

        assert pointers(document) == {("limit", "repeated")}

    def test_takes_no_cursor_of_another_list(self, shopfront: Shopfront) -> None:
        cursor = shopfront.get("/v1/products", limit="1").json()["page"]["next"]

        for path, query in (
            ("/v1/admin/products", {"after": cursor}),
            ("/v1/products", {"after": cursor[:-2]}),
            ("/v1/products", {"after": cursor.swapcase()}),
            ("/v1/products", {"after": cursor, "handle": "rain-gauge"}),
        ):
            document = refusal(shopfront.get(path, shopfront.staff, **query), 422, "validation_failed")
            assert pointers(document) == {("after", "invalid_cursor")}


class TestAMethod:
    @pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"])
    def test_that_is_not_offered_is_refused(self, shopfront: Shopfront, scene: Scene, method: str) -> None:
        refusal(shopfront.http.request(method, ORDERS, headers=scene.customer), 405, "method_not_allowed")

    def test_is_not_overridden_by_a_header(self, shopfront: Shopfront, scene: Scene) -> None:
        headers = {**scene.customer, "X-HTTP-Method-Override": "POST", "X-Method-Override": "DELETE"}

        assert shopfront.get(ORDERS, headers).status_code == 200

    @pytest.mark.parametrize("accept", ["text/html", "application/xml", "image/*;q=1", "nonsense"])
    def test_answers_in_json_or_not_at_all(self, shopfront: Shopfront, accept: str) -> None:
        refusal(shopfront.get("/v1/products", {"Accept": accept}), 406, "not_acceptable")
