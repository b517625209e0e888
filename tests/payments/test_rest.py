"""Payments over HTTP, as their buyers see them."""

from __future__ import annotations

from uuid import UUID

import pytest
from rest_framework.test import APIClient

from payments.api import PaymentSummary
from shared_kernel.ids import encode_id, new_id
from tests.payments.clients import customer, guest, path_of, service
from tests.payments.driving import capture, card, created, eur, payments, settle

pytestmark = pytest.mark.usefixtures("simulator")


def of_customer(customer_id: UUID) -> PaymentSummary:
    return payments.create_payment(
        payment_id=new_id(), order_id=new_id(), amount=eur(1999), method=card(), customer_id=customer_id
    )


class TestAPayment:
    def test_is_shown_to_its_buyer(self) -> None:
        customer_id = new_id()
        payment = of_customer(customer_id)
        path = path_of(payment.payment_id, admin=False)

        answer = customer(customer_id).get(path)

        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        body = answer.json()
        assert (body.pop("created_at")[-1], body.pop("updated_at")[-1]) == ("Z", "Z")
        assert body == {
            "id": encode_id("pay", payment.payment_id),
            "order_id": encode_id("ord", payment.order_id),
            "status": "processing",
            "amount": {"amount": 1999, "currency": "EUR"},
            "captured": {"amount": 0, "currency": "EUR"},
            "refunded": {"amount": 0, "currency": "EUR"},
            "last_error": None,
            "allowed_actions": [],
        }

    def test_is_shown_to_a_guest_with_the_token_of_its_order(self) -> None:
        payment = created()

        assert guest(payment.order_id).get(path_of(payment.payment_id, admin=False)).status_code == 200

    def test_is_polled_by_its_tag(self) -> None:
        payment = created()
        client, path = guest(payment.order_id), path_of(payment.payment_id, admin=False)
        tag = client.get(path).headers["ETag"]

        unchanged = client.get(path, headers={"If-None-Match": tag})
        settle()
        changed = client.get(path, headers={"If-None-Match": tag})

        assert (unchanged.status_code, changed.status_code) == (304, 200)
        assert changed.json()["status"] == "authorized"

    def test_that_was_declined_tells_why(self) -> None:
        payment = created("sim_insufficient_funds")
        settle()

        body = guest(payment.order_id).get(path_of(payment.payment_id, admin=False)).json()

        assert (body["status"], body["last_error"]) == ("requires_payment_method", "insufficient_funds")

    def test_of_somebody_else_is_not_there(self) -> None:
        owner = new_id()
        payment = of_customer(owner)
        path = path_of(payment.payment_id, admin=False)

        answers = [client.get(path) for client in (customer(new_id()), guest(new_id()))]
        unknown = customer(owner).get(path_of(new_id(), admin=False))

        assert [answer.status_code for answer in (*answers, unknown)] == [404, 404, 404]
        assert {answer.json()["code"] for answer in (*answers, unknown)} == {"payment_not_found"}

    def test_is_shown_to_nobody_without_credentials(self, api_client: APIClient) -> None:
        assert api_client.get(path_of(created().payment_id, admin=False)).status_code == 401

    def test_of_a_service_is_seen_in_the_admin_surface_only(self) -> None:
        assert service("payments:read").get(path_of(created().payment_id, admin=False)).status_code == 403

    @pytest.mark.parametrize("payment_id", ["pay_x", "ord_01hzy3v7q8e9f0g1h2j3k4m5n6", "1"])
    def test_with_a_malformed_id_is_not_there(self, payment_id: str) -> None:
        answer = guest(new_id()).get(f"/v1/payments/{payment_id}")

        assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")

    def test_takes_no_parameters(self) -> None:
        payment = created()

        answer = guest(payment.order_id).get(path_of(payment.payment_id, admin=False), {"expand": "order"})

        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "unknown_parameter")


class TestCurrencies:
    def test_are_known_to_everybody(self, api_client: APIClient) -> None:
        answer = api_client.get("/v1/currencies")

        digits = {row["code"]: row["digits"] for row in answer.json()["data"]}
        assert answer.status_code == 200
        assert (digits["EUR"], digits["JPY"], digits["KWD"]) == (2, 0, 3)
        assert answer.json()["page"] == {"has_more": False, "next": None}


class TestBookkeeping:
    def test_shows_what_a_payment_did_to_the_ledger(self) -> None:
        payment = created()
        settle()
        capture(payment, 100)
        settle()
        created()
        books = service("ledger:read")

        entries = books.get("/v1/admin/ledger/entries", {"payment_id": encode_id("pay", payment.payment_id)}).json()
        others = books.get("/v1/admin/ledger/entries", {"order_id": encode_id("ord", new_id())}).json()

        [entry] = entries["data"]
        assert (entry["kind"], entry["order_id"]) == ("capture", encode_id("ord", payment.order_id))
        assert {(line["account"], line["side"], line["amount"]["amount"]) for line in entry["lines"]} == {
            ("provider_clearing", "debit", 100),
            ("customer_payments", "credit", 100),
        }
        assert others["data"] == []

    def test_shows_accounts_and_their_balances(self) -> None:
        payment = created()
        settle()
        capture(payment, 100)
        settle()
        books = service("ledger:read")

        accounts = books.get("/v1/admin/ledger/accounts", {"limit": 1}).json()
        balance = books.get("/v1/admin/ledger/trial-balance").json()

        assert (accounts["data"][0]["code"], accounts["page"]["has_more"]) == ("customer_payments", True)
        assert [(row["account"], row["balance"]["amount"], row["side"]) for row in balance["accounts"]] == [
            ("customer_payments", 100, "credit"),
            ("provider_clearing", 100, "debit"),
        ]
        assert balance["totals"] == [
            {
                "debit": {"amount": 100, "currency": "EUR"},
                "credit": {"amount": 100, "currency": "EUR"},
                "balanced": True,
            }
        ]

    @pytest.mark.parametrize("path", ["accounts", "entries", "trial-balance"])
    def test_needs_its_scope(self, path: str) -> None:
        assert service("payments:read").get(f"/v1/admin/ledger/{path}").status_code == 403
        assert customer(new_id()).get(f"/v1/admin/ledger/{path}").status_code == 403
