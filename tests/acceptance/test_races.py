"""Buyers race over HTTP: nothing is sold twice, and a repeated order is one order."""

from __future__ import annotations

from collections import Counter

import httpx
import pytest

from shared_kernel.ids import new_id
from tests.acceptance.shopfront import Shopfront, at_once

pytestmark = pytest.mark.slow

BUYERS = 50
REPEATS = 20


def placed_unless_busy(shopfront: Shopfront, variant_id: str, key: str) -> httpx.Response:
    """Place, and repeat for as long as the answer says to."""
    while True:
        answer = shopfront.place(variant_id, key=key)
        if answer.status_code == 503:
            continue
        if answer.status_code == 409 and answer.json()["code"] == "request_in_progress":
            assert int(answer.headers["Retry-After"]) >= 1
            continue
        return answer


class TestTheLastUnit:
    def test_goes_to_one_of_fifty_buyers(self, shopfront: Shopfront) -> None:
        variant_id = shopfront.stock_up(1)

        answers = at_once([lambda: placed_unless_busy(shopfront, variant_id, str(new_id())) for _ in range(BUYERS)])

        assert Counter(answer.status_code for answer in answers) == {201: 1, 409: BUYERS - 1}
        refusals = [answer.json() for answer in answers if answer.status_code == 409]
        assert {refusal["code"] for refusal in refusals} == {"insufficient_stock"}
        assert refusals[0]["shortages"] == [{"variant_id": variant_id, "requested": 1, "available": 0}]
        [winner] = [answer.json() for answer in answers if answer.status_code == 201]
        shopfront.await_that(lambda: shopfront.order(winner["id"])["status"] == "confirmed", "never confirmed")
        assert shopfront.availability(variant_id)["available"] == 0
        assert shopfront.manage("audit", "--quiet-for", "0").returncode == 0


class TestTheSameKey:
    def test_places_one_order_however_often_it_is_sent(self, shopfront: Shopfront) -> None:
        variant_id = shopfront.stock_up(REPEATS)
        key = str(new_id())

        answers = at_once([lambda: placed_unless_busy(shopfront, variant_id, key) for _ in range(REPEATS)])

        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.content for answer in answers}) == 1
        assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
        assert shopfront.availability(variant_id)["available"] == REPEATS - 1
