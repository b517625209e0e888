"""Payments over HTTP, as staff and services see and change them."""

from __future__ import annotations

from typing import Any

import pytest

from shared_kernel.ids import encode_id, new_id
from tests.payments.clients import JsonClient, customer, path_of, service
from tests.payments.driving import authorized, captured, created, eur, events, now_of, settle
from tests.payments.simulator import RunningSimulator

pytestmark = pytest.mark.usefixtures("simulator")


@pytest.fixture
def clerk(simulator: RunningSimulator) -> JsonClient:
    return service("payments:read", "payments:write")


class TestTheList:
    def test_goes_page_by_page_newest_first(self, clerk: JsonClient) -> None:
        made = [encode_id("pay", created().payment_id) for _ in range(3)]

        first = clerk.get("/v1/admin/payments", {"limit": 2})
        second = clerk.get(first.headers["Link"].split(">")[0].removeprefix("<"))

        assert [row["id"] for row in first.json()["data"] + second.json()["data"]] == made[::-1]
        assert second.json()["page"]["has_more"] is False

    def test_is_filtered_by_order_and_status(self, clerk: JsonClient) -> None:
        payment = authorized()
        created()

        by_order = clerk.get("/v1/admin/payments", {"order_id": encode_id("ord", payment.order_id)}).json()["data"]
        by_status = clerk.get("/v1/admin/payments", {"status": "processing,captured"}).json()["data"]

        assert [row["id"] for row in by_order] == [encode_id("pay", payment.payment_id)]
        assert [row["status"] for row in by_status] == ["processing"]

    @pytest.mark.parametrize("query", [{"status": "lost"}, {"order_id": "x"}, {"more": "1"}, {"sort": "amount"}])
    def test_refuses_what_it_does_not_know(self, clerk: JsonClient, query: dict[str, str]) -> None:
        assert clerk.get("/v1/admin/payments", query).status_code == 422


class TestAPayment:
    def test_is_shown_with_its_transactions_and_without_the_token(self, clerk: JsonClient) -> None:
        payment = created("sim_error")
        settle()

        answer = clerk.get(path_of(payment.payment_id))

        body = answer.json()
        assert "sim_error" not in answer.content.decode()
        assert (body["provider"], body["method"], body["allowed_actions"]) == ("sim", "card", ["void"])
        [row] = body["transactions"]
        assert (row["kind"], row["status"], row["last_error"], row["attempts"]) == (
            "authorize",
            "unknown",
            "status_500",
            1,
        )
        assert row["next_try_at"] is not None

    def test_lists_what_can_be_done(self, clerk: JsonClient) -> None:
        def actions(payment: Any) -> list[str]:
            found: list[str] = clerk.get(path_of(payment.payment_id)).json()["allowed_actions"]
            return found

        assert actions(authorized()) == ["capture", "void"]
        assert actions(captured()) == ["refund"]

    def test_nobody_knows_is_not_found(self, clerk: JsonClient) -> None:
        answer = clerk.get(path_of(new_id()))

        assert (answer.status_code, answer.json()["code"]) == (404, "payment_not_found")


class TestCommands:
    def test_capture_part_and_rest(self, clerk: JsonClient) -> None:
        payment = authorized()

        part = clerk.command(path_of(payment.payment_id, "capture"), {"amount": {"amount": 60, "currency": "EUR"}})
        settle()
        rest = clerk.command(path_of(payment.payment_id, "capture"))
        settle()

        assert (part.status_code, part.json()["capturing"]["amount"]) == (202, 60)
        assert (rest.status_code, rest.json()["status"]) == (202, "partially_captured")
        assert now_of(payment).captured == eur(100)

    def test_void(self, clerk: JsonClient) -> None:
        payment = authorized()

        answer = clerk.command(path_of(payment.payment_id, "void"), {"reason": "fraudulent"})
        settle()

        assert (answer.status_code, answer.json()["void_reason"]) == (202, "fraudulent")
        assert now_of(payment).status == "canceled"

    def test_refund_and_show_it(self, clerk: JsonClient) -> None:
        payment = captured()

        made = clerk.command(path_of(payment.payment_id, "refunds"), {"reason": "requested_by_customer"})
        settle()
        found = clerk.get(made.headers["Location"])
        shown = found.json()
        listed = clerk.get("/v1/admin/refunds", {"payment_id": encode_id("pay", payment.payment_id)}).json()

        assert (made.status_code, made.json()["status"]) == (201, "pending")
        assert (shown["status"], shown["amount"]) == ("succeeded", {"amount": 100, "currency": "EUR"})
        assert shown["order_id"] == encode_id("ord", payment.order_id)
        assert found.headers["ETag"]
        assert listed["data"] == [shown]
        assert clerk.get(f"/v1/admin/refunds/{encode_id('ref', new_id())}").status_code == 404

    def test_take_effect_once_per_key(self, clerk: JsonClient, simulator: RunningSimulator) -> None:
        payment, key = captured(), str(new_id())
        path, body = path_of(payment.payment_id, "refunds"), {"reason": "other"}

        first, again = clerk.command(path, body, key=key), clerk.command(path, body, key=key)
        settle()

        assert again.content == first.content
        assert again.headers["Idempotent-Replayed"] == "true"
        assert simulator.effects()[2:] == [("refund", 100)]

    def test_need_a_key(self, clerk: JsonClient) -> None:
        answer = clerk.post(path_of(authorized().payment_id, "capture"), {})

        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_required")

    @pytest.mark.parametrize(
        ("command", "body"),
        [
            ("capture", {"amount": 5}),
            ("capture", {"amount": {"amount": 0, "currency": "EUR"}}),
            ("capture", {"amount": {"amount": -1, "currency": "EUR"}}),
            ("capture", {"amount": {"amount": 5.5, "currency": "EUR"}}),
            ("capture", {"amount": {"amount": 5, "currency": "USD"}}),
            ("capture", {"more": 1}),
            ("void", {}),
            ("void", {"reason": "because"}),
            ("refunds", {"reason": "other", "amount": {"amount": True, "currency": "EUR"}}),
        ],
    )
    def test_refuse_bad_input(self, clerk: JsonClient, command: str, body: dict[str, Any]) -> None:
        payment = authorized()
        before = events()

        answer = clerk.command(path_of(payment.payment_id, command), body)

        assert answer.status_code == 422
        assert events() == before

    def test_beyond_what_is_left_tell_what_is(self, clerk: JsonClient) -> None:
        body = {"reason": "other", "amount": {"amount": 101, "currency": "EUR"}}

        answer = clerk.command(path_of(captured().payment_id, "refunds"), body)

        assert answer.status_code == 409
        assert answer.json()["code"] == "amount_exceeds_payment"
        assert answer.json()["available"] == {"amount": 100, "currency": "EUR"}

    def test_for_all_that_is_left_are_refused_when_nothing_is(self, clerk: JsonClient) -> None:
        payment = authorized()
        clerk.command(path_of(payment.payment_id, "capture"))

        answer = clerk.command(path_of(payment.payment_id, "capture"))

        assert (answer.status_code, answer.json()["available"]) == (409, {"amount": 0, "currency": "EUR"})

    def test_in_the_wrong_state_name_the_right_ones(self, clerk: JsonClient) -> None:
        answer = clerk.command(path_of(captured().payment_id, "void"), {"reason": "other"})

        assert answer.status_code == 409
        assert (answer.json()["state"], answer.json()["allowed_commands"]) == ("captured", ["refund"])

    @pytest.mark.parametrize("command", ["capture", "void", "refunds"])
    def test_need_their_scope(self, command: str) -> None:
        path, body = path_of(authorized().payment_id, command), {"reason": "other"}

        assert service("payments:read").command(path, body).status_code == 403
        assert customer(new_id()).command(path, body).status_code == 403
        assert JsonClient().command(path, body).status_code == 401
        assert events() == ["payment_created", "payment_authorized"]
