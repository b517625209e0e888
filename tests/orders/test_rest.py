from __future__ import annotations

from typing import Any

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from orders.models import Order
from payments.api import PaymentsApi
from shared_kernel.facades.faults import Fault, FaultKind, planned
from shared_kernel.ids import encode_id, new_id
from tests.orders import clients
from tests.orders.clients import place_as
from tests.scenarios.shop import ADDRESS, Shop


class TestPlacing:
    def test_answers_with_the_order_and_a_token_for_the_guest(self, shop: Shop) -> None:
        mug = shop.sells("mug", price=250)

        response = shop.try_to_place(shop.order_body(mug, quantity=3))

        document = response.json()
        assert response.status_code == 201
        assert document == {
            "id": document["id"],
            "number": "A-100001",
            "status": "pending_payment",
            "customer_id": None,
            "email": "ada@example.test",
            "currency": "EUR",
            "lines": [
                {
                    "variant_id": encode_id("var", mug.id),
                    "product_id": encode_id("prd", mug.product_id),
                    "sku": "mug",
                    "title": "Mug",
                    "quantity": 3,
                    "unit_price": {"amount": 250, "currency": "EUR"},
                    "total": {"amount": 750, "currency": "EUR"},
                }
            ],
            "total": {"amount": 750, "currency": "EUR"},
            "shipping_address": {**ADDRESS, "line2": None, "region": None},
            "billing_address": None,
            "payment": {
                "id": document["payment"]["id"],
                "status": "processing",
                "last_error": None,
                "captured": {"amount": 0, "currency": "EUR"},
                "refunded": {"amount": 0, "currency": "EUR"},
            },
            "payable_until": document["payable_until"],
            "placed_at": document["placed_at"],
            "confirmed_at": None,
            "canceled_at": None,
            "expired_at": None,
            "cancel_reason": None,
            "created_at": document["created_at"],
            "updated_at": document["updated_at"],
            "allowed_actions": ["cancel"],
            "order_token": document["order_token"],
        }
        assert response.headers["Location"] == f"/v1/orders/{document['id']}"
        assert response.headers["Cache-Control"] == "no-store"

    def test_as_a_customer_takes_no_address_and_gives_no_token(self, shop: Shop) -> None:
        customer_id = new_id()

        order = place_as(shop, customer_id)

        assert (order.answer["customer_id"], order.answer["email"]) == (encode_id("cus", customer_id), None)
        assert "order_token" not in order.answer

    def test_is_not_for_service_keys(self, shop: Shop) -> None:
        client = clients.service("orders:read", "orders:write")

        response = client.post(
            "/v1/orders",
            shop.order_body(shop.sells()),
            format="json",
            headers={"Idempotency-Key": str(new_id())},
        )

        assert response.status_code == 403

    @pytest.mark.parametrize(
        ("change", "pointer", "code"),
        [
            ({"email": None}, "/email", "null"),
            ({"email": ...}, "/email", "required"),
            ({"surprise": 1}, "/surprise", "unknown_field"),
            ({"status": "confirmed"}, "/status", "unknown_field"),
            ({"lines": []}, "/lines", "empty"),
            ({"lines": [{"quantity": 1}]}, "/lines/0/variant_id", "required"),
            ({"currency": "XXX"}, "/currency", "invalid_choice"),
            ({"payment_method": {"type": "cash", "token": "x"}}, "/payment_method/type", "invalid_choice"),
            ({"payment_method": {"type": "card", "token": "4242 4242 4242 4242"}}, "/payment_method/token", "invalid"),
            ({"shipping_address": {**ADDRESS, "country": "de"}}, "/shipping_address/country", "invalid"),
            ({"expected_total": {"amount": 19.99, "currency": "EUR"}}, "/expected_total", "invalid"),
        ],
    )
    def test_names_the_field_that_is_wrong(self, shop: Shop, change: dict[str, Any], pointer: str, code: str) -> None:
        body = {**shop.order_body(shop.sells()), **change}
        body = {name: value for name, value in body.items() if value is not ...}

        response = shop.try_to_place(body)

        assert response.status_code == 422
        errors = [(error["pointer"], error["code"]) for error in response.json()["errors"]]
        assert (pointer, code) in errors or (code == "empty" and errors == [(pointer, "min_length")])
        assert shop.orders() == []

    @pytest.mark.parametrize("quantity", [0, -1, 1.5, "2", True, 1_000_001])
    def test_refuses_quantities_that_are_none(self, shop: Shop, quantity: object) -> None:
        mug = shop.sells()
        body = shop.order_body(mug)
        body["lines"][0]["quantity"] = quantity

        assert shop.try_to_place(body).status_code == 422

    def test_refuses_variants_that_nobody_sells(self, shop: Shop) -> None:
        body = shop.order_body(shop.sells())
        body["lines"][0]["variant_id"] = encode_id("var", new_id())

        response = shop.try_to_place(body)

        assert (response.status_code, response.json()["code"]) == (422, "unknown_variants")

    def test_demands_a_key(self, shop: Shop) -> None:
        response = shop.client.post("/v1/orders", shop.order_body(shop.sells()), format="json")

        assert (response.status_code, response.json()["code"]) == (400, "idempotency_key_required")

    def test_under_a_used_key_refuses_another_body(self, shop: Shop) -> None:
        mug, key = shop.sells(), str(new_id())
        shop.try_to_place(shop.order_body(mug), key=key)

        response = shop.try_to_place(shop.order_body(mug, quantity=2), key=key)

        assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")


class TestReading:
    def test_is_for_the_owner_only(self, shop: Shop) -> None:
        anna, bert = new_id(), new_id()
        order = place_as(shop, anna)
        other = shop.places(shop.sells("other"))

        for stranger in (
            clients.customer(bert),
            clients.guest(other.headers["Order-Token"]),
        ):
            for path in (order.path, f"{order.path}/timeline"):
                assert stranger.get(path).json()["code"] == "order_not_found"
            for command in ("cancel", "payments"):
                body = {"payment_method": {"type": "card", "token": "sim_ok"}} if command == "payments" else {}
                key = {"Idempotency-Key": str(new_id())}
                answer = stranger.post(f"{order.path}/{command}", body, format="json", headers=key)
                assert (answer.status_code, answer.json()["code"]) == (404, "order_not_found")
        assert clients.customer(anna).get(order.path).status_code == 200
        assert order.status == "pending_payment"
        shop.settle()

    def test_an_unknown_order_looks_like_somebody_elses(self, shop: Shop) -> None:
        client = clients.customer(new_id())
        order = shop.places(shop.sells())

        unknown = client.get(f"/v1/orders/{encode_id('ord', new_id())}").json()
        foreign = client.get(order.path).json()

        same = ("type", "title", "status", "code", "retryable", "errors")
        assert [unknown[name] for name in same] == [foreign[name] for name in same]
        shop.settle()

    def test_is_cheap_for_who_has_the_present_version(self, shop: Shop) -> None:
        order = shop.places(shop.sells())
        tag = shop.client.get(order.path, headers=order.headers).headers["ETag"]

        unchanged = shop.client.get(order.path, headers={**order.headers, "If-None-Match": tag})
        shop.settle()
        changed = shop.client.get(order.path, headers={**order.headers, "If-None-Match": tag})

        assert (unchanged.status_code, unchanged.content) == (304, b"")
        assert (changed.status_code, changed.json()["status"]) == (200, "confirmed")

    def test_shows_every_turn_of_the_payment_under_another_tag(self, shop: Shop) -> None:
        order = shop.places(shop.sells(), token="sim_declined")
        before = shop.client.get(order.path, headers=order.headers)

        shop.settle()
        after = shop.client.get(order.path, headers=order.headers)

        assert before.json()["payment"] != after.json()["payment"]
        assert before.headers["ETag"] != after.headers["ETag"]

    def test_shows_the_payments_when_asked_and_says_when_they_are_missing(self, shop: Shop) -> None:
        order = shop.places(shop.sells())
        shop.settle()

        shown = order.read(expand="payments")
        with planned(PaymentsApi, Fault(kind=FaultKind.UNAVAILABLE, method="list_payments")):
            missing = order.read(expand="payments")

        assert [payment["status"] for payment in shown["payments"]] == ["captured"]
        assert shown["warnings"] == []
        assert (missing["payments"], missing["warnings"][0]["code"]) == (None, "payments_unavailable")
        assert "payments" not in order.read()

    @pytest.mark.parametrize("query", ["expand=lines", "expand=payments.order", "fields=id", "limit=1"])
    def test_refuses_parameters_it_does_not_know(self, shop: Shop, query: str) -> None:
        order = shop.places(shop.sells())

        assert shop.client.get(f"{order.path}?{query}", headers=order.headers).status_code == 422
        shop.settle()

    def test_tells_what_happened_without_our_internal_tries(self, shop: Shop) -> None:
        order = shop.places(shop.sells())
        shop.settle()
        order.cancel("found_cheaper")
        shop.settle()

        timeline = shop.client.get(f"{order.path}/timeline", headers=order.headers).json()["data"]

        told = [(entry["event"], entry["actor"], entry["detail"]) for entry in timeline]
        assert told == [
            ("placed", "guest", None),
            ("payment_authorized", "system", None),
            ("payment_captured", "system", None),
            ("confirmed", "system", None),
            ("canceled", "guest", "found_cheaper"),
            ("refunded", "system", None),
        ]


class TestTheOwnList:
    def test_holds_own_orders_only_the_newest_first_page_by_page(self, shop: Shop) -> None:
        anna = new_id()
        placed = [place_as(shop, anna) for _ in range(3)]
        place_as(shop, new_id())
        client = clients.customer(anna)

        first = client.get("/v1/orders?limit=2").json()
        second = client.get(f"/v1/orders?limit=2&after={first['page']['next']}").json()

        listed = [order["id"] for order in first["data"] + second["data"]]
        assert listed == [encode_id("ord", order.id) for order in reversed(placed)]
        assert second["page"] == {"has_more": False, "next": None}
        shop.settle()

    def test_asks_the_database_as_often_for_one_as_for_many(self, shop: Shop) -> None:
        anna = new_id()
        client = clients.customer(anna)

        def queries() -> int:
            with CaptureQueriesContext(connections["orders"]) as captured:
                assert client.get("/v1/orders").status_code == 200
            return len(captured)

        place_as(shop, anna)
        alone = queries()
        place_as(shop, anna)
        place_as(shop, anna)

        assert queries() == alone
        shop.settle()

    def test_is_not_for_guests(self, shop: Shop) -> None:
        order = shop.places(shop.sells())

        assert shop.client.get("/v1/orders", headers=order.headers).status_code == 403
        assert shop.client.get("/v1/orders").status_code == 401
        shop.settle()


class TestCommands:
    def test_a_repeated_cancellation_changes_nothing(self, shop: Shop) -> None:
        order = shop.places(shop.sells())
        shop.settle()

        first = order.post("cancel", {"reason": "other"}, key="7f000001-aaaa-4bbb-8ccc-123456789abc")
        again = order.post("cancel", {"reason": "other"}, key="7f000001-aaaa-4bbb-8ccc-123456789abc")
        anew = order.post("cancel", {"reason": "found_cheaper"})

        assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
        assert (anew.status_code, anew.json()["cancel_reason"]) == (200, "other")
        shop.settle()

    def test_an_expired_order_cannot_be_canceled_and_says_so(self, shop: Shop) -> None:
        order = shop.places(shop.sells(), token="sim_declined")
        shop.settle()
        shop.later(minutes=31)

        refused = order.post("cancel")

        problem = refused.json()
        assert (refused.status_code, problem["code"]) == (409, "invalid_state_transition")
        assert (problem["state"], problem["allowed_commands"]) == ("expired", [])

    def test_a_reason_comes_from_the_list(self, shop: Shop) -> None:
        order = shop.places(shop.sells())

        refused = order.post("cancel", {"reason": "my neighbor Bob told me to"})

        assert refused.json()["errors"][0]["code"] == "invalid_choice"
        shop.settle()

    def test_an_order_is_not_paid_again_while_a_payment_is_under_way(self, shop: Shop) -> None:
        order = shop.places(shop.sells())

        refused = order.post("payments", {"payment_method": {"type": "card", "token": "sim_ok"}}).json()

        assert (refused["resource"], refused["state"], refused["allowed_commands"]) == (
            "payment",
            "processing",
            ["cancel"],
        )
        shop.settle()

    def test_an_order_is_not_paid_twice(self, shop: Shop) -> None:
        order = shop.places(shop.sells())
        shop.settle()

        refused = order.post("payments", {"payment_method": {"type": "card", "token": "sim_ok"}})

        assert (refused.status_code, refused.json()["state"]) == (409, "confirmed")


class TestStaff:
    def test_finds_orders_by_status_customer_number_and_time(self, shop: Shop) -> None:
        anna = new_id()
        mine = place_as(shop, anna)
        other = shop.places(shop.sells())
        other.cancel()
        client = clients.service("orders:read")
        number = Order.objects.get(pk=mine.id).number

        def found(query: str) -> list[str]:
            return [order["id"] for order in client.get(f"/v1/admin/orders?{query}").json()["data"]]

        assert found("status=canceled") == [encode_id("ord", other.id)]
        assert found(f"customer_id={encode_id('cus', anna)}") == [encode_id("ord", mine.id)]
        assert found(f"number={number}") == [encode_id("ord", mine.id)]
        assert found("created_at[gt]=2199-01-01T00:00:00Z") == []
        assert len(found("status=canceled,pending_payment&sort=created_at")) == 2
        assert client.get("/v1/admin/orders?email=ada@example.test").status_code == 422
        shop.settle()

    def test_sees_where_an_order_is_and_why(self, shop: Shop) -> None:
        order = shop.places(shop.sells(), token="sim_declined")
        shop.settle()

        timeline = clients.service("orders:read").get(f"/v1/admin{order.path[3:]}/timeline").json()

        checkout = timeline["checkouts"][0]
        assert (checkout["state"], checkout["waiting_for"]) == ("awaiting_payment", "another_payment")
        assert [(step["step"], step["outcome"], step["detail"]) for step in timeline["steps"]] == [
            ("place_order", "done", None),
            ("create_payment", "done", None),
            ("payment_declined", "payment_declined", "card_declined"),
        ]

    def test_cancels_with_the_right_scope_only(self, shop: Shop) -> None:
        order = shop.places(shop.sells())
        path = f"/v1/admin{order.path[3:]}/cancel"
        headers = {"Idempotency-Key": str(new_id())}

        refused = clients.service("orders:read").post(path, {}, format="json", headers=headers)
        canceled = clients.service("orders:write").post(path, {}, format="json", headers=headers)

        assert (refused.status_code, canceled.status_code) == (403, 200)
        assert canceled.json()["status"] == "canceled"
        shop.settle()

    def test_returns_money_again_only_where_that_waits_for_staff(self, shop: Shop) -> None:
        order = shop.places(shop.sells())
        shop.settle()
        path = f"/v1/admin{order.path[3:]}/return-money"
        client = clients.service("orders:write")

        refused = client.post(path, {}, format="json", headers={"Idempotency-Key": str(new_id())})
        shop.provider.script("declined", kind="refund")
        order.cancel()
        shop.settle()
        tried = client.post(path, {}, format="json", headers={"Idempotency-Key": str(new_id())})
        shop.settle()

        assert (refused.status_code, tried.status_code) == (409, 200)
        assert order.sums == (1999, 1999)
