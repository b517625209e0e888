"""The own profile, the public keys, and what staff sees."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
from django.db import transaction
from rest_framework.test import APIClient

from customers.api import MessageTemplate, Recipient
from customers.models import CUSTOMERS, Customer
from customers.usecases import messages
from shared_kernel import clock
from shared_kernel.identity import access_tokens
from shared_kernel.ids import encode_id, new_id
from tests.customers.people import make_key, register

pytestmark = pytest.mark.usefixtures("committed")

MERGE_PATCH = "application/merge-patch+json"


def of(customer: Customer) -> APIClient:
    """A client of this customer."""
    token = access_tokens.issue(customer_id=customer.id, session_id=new_id(), now=clock.now(CUSTOMERS))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token.text}")
    return client


def holding(key: str) -> APIClient:
    """A client with an API key."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
    return client


class TestTheOwnProfile:
    def test_shows_exactly_what_is_declared(self) -> None:
        customer = register()

        response = of(customer).get("/v1/me")

        assert response.status_code == 200
        assert response.json() == {
            "id": encode_id("cus", customer.id),
            "email": "anna@example.test",
            "email_verified_at": None,
            "name": "Anna",
            "locale": "en",
            "created_at": response.json()["created_at"],
            "updated_at": response.json()["created_at"],
        }
        assert response.headers["ETag"] == '"v1"'
        assert response.headers["Cache-Control"] == "no-store"

    def test_is_not_sent_again_to_who_has_it(self) -> None:
        client = of(register())

        assert client.get("/v1/me", headers={"If-None-Match": '"v1"'}).status_code == 304

    def test_is_edited_by_a_merge_patch(self) -> None:
        client = of(register())

        response = client.patch("/v1/me", '{"name": "Anna B"}', content_type=MERGE_PATCH)

        assert (response.status_code, response.json()["name"], response.headers["ETag"]) == (200, "Anna B", '"v2"')
        assert client.get("/v1/me").json() == response.json()

    def test_is_edited_only_from_the_version_that_was_read(self) -> None:
        client = of(register())
        client.patch("/v1/me", {"name": "One"}, format="json", headers={"If-Match": '"v1"'})

        late = client.patch("/v1/me", {"name": "Two"}, format="json", headers={"If-Match": '"v1"'})

        assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
        assert Customer.objects.get().name == "One"

    def test_answers_a_repeat_under_one_key_with_the_same_bytes(self) -> None:
        client, key = of(register()), str(new_id())
        first = client.patch("/v1/me", {"name": "One"}, format="json", headers={"Idempotency-Key": key})
        client.patch("/v1/me", {"name": "Two"}, format="json")

        again = client.patch("/v1/me", {"name": "One"}, format="json", headers={"Idempotency-Key": key})

        assert again.content == first.content
        assert again.headers["Idempotent-Replayed"] == "true"
        assert Customer.objects.get().name == "Two"

    @pytest.mark.parametrize(
        "field",
        ["id", "email", "email_verified_at", "password_hash", "password", "version", "created_at", "updated_at"],
    )
    def test_refuses_fields_that_are_not_the_customers_to_set(self, field: str) -> None:
        client = of(register())
        before = Customer.objects.values().get()

        response = client.patch("/v1/me", {field: "x", "name": "Eve"}, format="json")

        assert response.status_code == 422
        assert response.json()["errors"][0]["code"] == "unknown_field"
        assert Customer.objects.values().get() == before

    @pytest.mark.parametrize("method", ["get", "patch"])
    def test_is_for_customers_only(self, method: str) -> None:
        key = make_key("customers:read", "customers:write")

        assert getattr(APIClient(), method)("/v1/me").status_code == 401
        assert getattr(holding(key), method)("/v1/me").status_code == 403
        assert getattr(holding("sk_forged"), method)("/v1/me").status_code == 401


class TestThePublicKeys:
    def test_verify_access_tokens(self) -> None:
        customer = register()
        token = access_tokens.issue(customer_id=customer.id, session_id=new_id(), now=clock.now(CUSTOMERS))

        response = APIClient().get("/v1/.well-known/jwks.json")

        keys = jwt.PyJWKSet.from_dict(response.json())
        kid = jwt.get_unverified_header(token.text)["kid"]
        claims = jwt.decode(token.text, keys[kid], algorithms=["EdDSA"], audience="ashlar-api", issuer="ashlar")
        assert claims["sub"] == encode_id("cus", customer.id)

    def test_hold_no_private_part_and_may_be_cached(self) -> None:
        response = APIClient().get("/v1/.well-known/jwks.json")

        assert {name for key in response.json()["keys"] for name in key} == {"kty", "crv", "use", "alg", "kid", "x"}
        assert response.headers["Cache-Control"] == "public, max-age=300"


class TestStaff:
    ROUTES = ("/v1/admin/customers", "/v1/admin/customers/cus_01h455vb4pex5vsknk084sn02q", "/v1/admin/messages")

    @pytest.mark.parametrize("route", ROUTES)
    def test_needs_the_scope(self, route: str) -> None:
        assert APIClient().get(route).status_code == 401
        assert of(register()).get(route).status_code == 403
        assert holding(make_key("customers:write", "orders:read")).get(route).status_code == 403

    def test_pages_through_customers(self) -> None:
        numbers = range(3)
        ids = [encode_id("cus", register(f"c{number}@example.test").id) for number in numbers]
        client = holding(make_key("customers:read"))

        first = client.get("/v1/admin/customers?limit=2").json()
        second = client.get(f"/v1/admin/customers?limit=2&after={first['page']['next']}").json()

        assert [one["id"] for one in first["data"] + second["data"]] == ids[::-1]
        assert second["page"] == {"has_more": False, "next": None}

    def test_sees_one_customer(self) -> None:
        customer = register()
        client = holding(make_key("customers:read"))

        response = client.get(f"/v1/admin/customers/{encode_id('cus', customer.id)}")

        assert (response.status_code, response.json()["email"]) == (200, "anna@example.test")
        missing = client.get(f"/v1/admin/customers/{encode_id('cus', new_id())}")
        assert (missing.status_code, missing.json()["code"]) == (404, "customer_not_found")

    def test_sees_messages_without_addresses(self) -> None:
        customer = register()
        with transaction.atomic(using=CUSTOMERS):
            messages.request_message(
                key="order_confirmed:1",
                template=MessageTemplate.ORDER_CONFIRMED,
                to=Recipient(email="guest@example.test"),
                data={"order_number": "A-1", "total": "19.99 EUR"},
                now=clock.now(CUSTOMERS),
            )
        client = holding(make_key("customers:read"))

        listed = client.get("/v1/admin/messages")
        own = client.get(f"/v1/admin/messages?customer_id={encode_id('cus', customer.id)}&status=pending").json()

        assert [one["template"] for one in listed.json()["data"]] == ["order_confirmed", "account_created"]
        assert "example.test" not in listed.content.decode()
        assert "19.99" not in listed.content.decode()
        assert [one["template"] for one in own["data"]] == ["account_created"]

    @pytest.mark.parametrize("query", ["email=anna@example.test", "limit=0", "status=lost", "sort=email", "after=x"])
    def test_is_refused_what_the_lists_do_not_offer(self, query: str) -> None:
        client = holding(make_key("customers:read"))

        response: Any = client.get(f"/v1/admin/customers?{query}")

        assert response.status_code == 422
