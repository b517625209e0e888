"""Orders that are refused or not paid, seen over HTTP: who is told what, and where the stock goes."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from shared_kernel.ids import encode_id, new_id
from tests.acceptance.refusals import nothing_written, refusal
from tests.acceptance.shopfront import Shopfront

pytestmark = pytest.mark.slow

ORDERS = "/v1/orders"
# In seconds; a card may be tried for half an hour.
WINDOW = 30 * 60
CARD = {"payment_method": {"type": "card", "token": "sim_ok"}}


def available(shopfront: Shopfront, variant_id: str) -> int:
    """How many units can be bought."""
    units: int = shopfront.availability(variant_id)["available"]
    return units


def standing(shopfront: Shopfront, order_id: str) -> tuple[str, str]:
    """The status of an order and of its payment."""
    order = shopfront.order(order_id)
    return order["status"], order["payment"]["status"]


def await_standing(shopfront: Shopfront, order_id: str, status: str, payment: str) -> None:
    """Wait until an order and its payment stand so."""
    shopfront.await_that(
        lambda: standing(shopfront, order_id) == (status, payment), f"{order_id} is never {status} and {payment}"
    )


class TestNotEnoughStock:
    def test_is_told_line_by_line_with_what_is_left(self, shopfront: Shopfront) -> None:
        plenty, scarce, gone = shopfront.stock_up(9), shopfront.stock_up(2), shopfront.stock_up(0)
        body = shopfront.order_body(plenty, quantity=1)
        body["lines"] += [{"variant_id": scarce, "quantity": 3}, {"variant_id": gone, "quantity": 1}]
        key = str(new_id())

        with nothing_written(shopfront, but="orders.idempotency_key"):
            answer = shopfront.post(ORDERS, body, key=key)
            again = shopfront.post(ORDERS, body, key=key)

        document = refusal(answer, 409, "insufficient_stock")
        assert sorted(document["shortages"], key=lambda shortage: -shortage["requested"]) == [
            {"variant_id": scarce, "requested": 3, "available": 2},
            {"variant_id": gone, "requested": 1, "available": 0},
        ]
        assert (again.content, again.headers["Idempotent-Replayed"]) == (answer.content, "true")
        assert [available(shopfront, variant_id) for variant_id in (plenty, scarce, gone)] == [9, 2, 0]

    def test_counts_the_lines_of_one_variant_together(self, shopfront: Shopfront) -> None:
        variant_id = shopfront.stock_up(3)
        body = shopfront.order_body(variant_id, quantity=2)
        body["lines"] *= 2

        document = refusal(shopfront.post(ORDERS, body), 409, "insufficient_stock")

        assert document["shortages"] == [{"variant_id": variant_id, "requested": 4, "available": 3}]


class TestAnOrder:
    @pytest.mark.parametrize("member", ["expected_total", "expected_unit_price"])
    def test_is_not_priced_by_the_buyer(self, shopfront: Shopfront, member: str) -> None:
        variant_id = shopfront.stock_up(1)
        body = deepcopy(shopfront.order_body(variant_id))
        place: dict[str, Any] = body if member == "expected_total" else body["lines"][0]
        place[member] = {"amount": 1, "currency": "EUR"}

        with nothing_written(shopfront, but="orders.idempotency_key inventory.inventory_reservation"):
            refusal(shopfront.post(ORDERS, body), 409, "price_changed")

        assert available(shopfront, variant_id) == 1

    def test_names_only_what_is_on_sale(self, shopfront: Shopfront) -> None:
        unknown = encode_id("var", new_id())

        with nothing_written(shopfront, but="orders.idempotency_key"):
            document = refusal(shopfront.post(ORDERS, shopfront.order_body(unknown)), 422, "unknown_variants")

        assert document["variant_ids"] == [unknown]

    def test_asks_for_a_currency_that_is_offered(self, shopfront: Shopfront) -> None:
        body = {**shopfront.order_body(shopfront.stock_up(1)), "currency": "JPY"}

        with nothing_written(shopfront, but="orders.idempotency_key"):
            refusal(shopfront.post(ORDERS, body), 422, "currency_not_offered")

    def test_does_not_share_its_key_with_another(self, shopfront: Shopfront) -> None:
        variant_id = shopfront.stock_up(3)
        key = str(new_id())
        first = shopfront.place(variant_id, key=key)

        with nothing_written(shopfront):
            others = [
                shopfront.place(variant_id, key=key, quantity=2),
                shopfront.place(variant_id, key=key, token="sim_declined"),
            ]

        assert first.status_code == 201
        for other in others:
            refusal(other, 422, "idempotency_key_reused")
        assert available(shopfront, variant_id) == 2


class TestADeclinedCard:
    def test_leaves_the_order_payable_and_another_card_pays_it(self, shopfront: Shopfront) -> None:
        variant_id = shopfront.stock_up(1)
        placed = shopfront.place(variant_id, token="sim_declined").json()
        guest = {"Order-Token": placed["order_token"]}
        await_standing(shopfront, placed["id"], "pending_payment", "requires_payment_method")
        order = shopfront.get(f"{ORDERS}/{placed['id']}", guest).json()
        assert order["payment"]["last_error"] == "card_declined"
        assert "pay" in order["allowed_actions"]
        assert available(shopfront, variant_id) == 0

        again = shopfront.post(f"{ORDERS}/{placed['id']}/payments", CARD, guest)

        assert again.status_code == 201
        await_standing(shopfront, placed["id"], "confirmed", "captured")
        late = shopfront.post(f"{ORDERS}/{placed['id']}/payments", CARD, guest)
        refusal(late, 409, "invalid_state_transition")

    def test_keeps_the_stock_held_until_the_window_ends(self, shopfront: Shopfront) -> None:
        variant_id = shopfront.stock_up(1)
        customer = shopfront.customer()
        placed = shopfront.place(variant_id, token="sim_declined").json()
        guest = {"Order-Token": placed["order_token"]}
        await_standing(shopfront, placed["id"], "pending_payment", "requires_payment_method")

        shopfront.advance(WINDOW - 120)
        refusal(shopfront.place(variant_id), 409, "insufficient_stock")
        assert standing(shopfront, placed["id"]) == ("pending_payment", "requires_payment_method")
        # By the same clock the customer's access token, good for ten minutes, is over.
        refusal(shopfront.get("/v1/me", customer), 401, "invalid_credentials")

        shopfront.advance(180)
        shopfront.await_that(lambda: shopfront.order(placed["id"])["status"] == "expired", "the window never ends")
        shopfront.await_that(lambda: available(shopfront, variant_id) == 1, "the stock never comes back")
        late = shopfront.post(f"{ORDERS}/{placed['id']}/payments", CARD, guest)
        refusal(late, 409, "invalid_state_transition")
        assert shopfront.place(variant_id).status_code == 201
