from __future__ import annotations

from typing import Any

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from inventory.api import InventoryApi, ReservationLine
from inventory.models import Price
from shared_kernel import clock
from shared_kernel.facades.binding import bound
from shared_kernel.ids import encode_id, new_id
from tests.inventory.catalog import LONG_AGO, a_variant

pytestmark = pytest.mark.django_db(databases="__all__")


def handles(answer: Any) -> list[str]:
    return [product["handle"] for product in answer.json()["data"]]


class TestListingProducts:
    def test_shows_what_is_published_with_variants_and_prices(self, api_client: APIClient) -> None:
        mug = a_variant("mug", prices={"EUR": 1999, "USD": 2150}, title="Blue")
        a_variant("draft", published=False)

        answer = api_client.get("/v1/products")

        assert answer.status_code == 200
        assert answer.json() == {
            "data": [
                {
                    "id": encode_id("prd", mug.product_id),
                    "handle": "mug",
                    "title": "Mug",
                    "description": "",
                    "variants": [
                        {
                            "id": encode_id("var", mug.id),
                            "product_id": encode_id("prd", mug.product_id),
                            "sku": "mug",
                            "title": "Blue",
                            "options": {},
                            "prices": [{"amount": 1999, "currency": "EUR"}, {"amount": 2150, "currency": "USD"}],
                        }
                    ],
                    "created_at": "2024-01-01T00:00:00Z",
                    "updated_at": "2024-01-01T00:00:00Z",
                }
            ],
            "page": {"has_more": False, "next": None},
        }

    def test_goes_through_all_pages_without_gap_or_repeat(self, api_client: APIClient) -> None:
        for number in range(5):
            a_variant(f"mug-{number}")

        found, path = [], "/v1/products?limit=2"
        while path:
            answer = api_client.get(path)
            found += handles(answer)
            path = answer["Link"].partition(">")[0].removeprefix("<") if "Link" in answer else ""

        assert sorted(found) == [f"mug-{number}" for number in range(5)]

    def test_finds_by_handle_title_and_currency(self, api_client: APIClient) -> None:
        a_variant("mug", product_title="Stoneware Mug", prices={"EUR": 1, "USD": 2})
        a_variant("cup", product_title="stone cup", prices={"EUR": 1})
        a_variant("jug", product_title="A Stone Jug", prices={"EUR": 1})

        assert handles(api_client.get("/v1/products?handle=cup")) == ["cup"]
        assert sorted(handles(api_client.get("/v1/products?title=STONE"))) == ["cup", "mug"]
        assert handles(api_client.get("/v1/products?title=100%25")) == []
        in_dollars = api_client.get("/v1/products?currency=USD")
        assert handles(in_dollars) == ["mug"]
        assert in_dollars.json()["data"][0]["variants"][0]["prices"] == [{"amount": 2, "currency": "USD"}]

    @pytest.mark.parametrize(
        "query", ["currency=XXX", "sort=title", "color=red", "title=", "limit=0", "currency=EUR,USD"]
    )
    def test_refuses_what_it_does_not_know(self, api_client: APIClient, query: str) -> None:
        answer = api_client.get(f"/v1/products?{query}")

        assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")

    def test_asks_the_database_as_often_for_many_products_as_for_one(self, api_client: APIClient) -> None:
        counts = []
        for number in range(3):
            a_variant(f"mug-{number}")
            with CaptureQueriesContext(connections["inventory"]) as queries:
                api_client.get("/v1/products")
            counts.append(len(queries))

        assert len(set(counts)) == 1


class TestShowingAProduct:
    def test_spares_a_reader_who_has_it(self, api_client: APIClient) -> None:
        mug = a_variant()
        path = f"/v1/products/{encode_id('prd', mug.product_id)}"

        first = api_client.get(path)
        second = api_client.get(path, HTTP_IF_NONE_MATCH=first["ETag"])

        assert (first.status_code, second.status_code) == (200, 304)

    def test_shows_the_price_that_holds_now(self, api_client: APIClient) -> None:
        mug, now = a_variant(prices={}), clock.now("inventory")
        Price.objects.create(variant=mug, currency="EUR", amount=1, valid_from=LONG_AGO, valid_to=now)
        Price.objects.create(variant=mug, currency="EUR", amount=2, valid_from=now)

        answer = api_client.get(f"/v1/variants/{encode_id('var', mug.id)}")

        assert answer.json()["prices"] == [{"amount": 2, "currency": "EUR"}]

    def test_knows_nothing_of_drafts_and_strangers(self, api_client: APIClient) -> None:
        draft = a_variant(published=False)
        paths = [
            f"/v1/products/{encode_id('prd', draft.product_id)}",
            f"/v1/products/{encode_id('prd', new_id())}",
            f"/v1/variants/{encode_id('var', draft.id)}",
            f"/v1/variants/{encode_id('var', draft.id)}/availability",
            "/v1/products/prd_1",
        ]

        answers = [api_client.get(path) for path in paths]

        assert {answer.status_code for answer in answers} == {404}
        assert answers[0].json()["code"] == answers[1].json()["code"] == "product_not_found"


class TestShowingWhatIsLeft:
    def test_counts_by_place_and_counts_lapsed_holds_as_left(self, api_client: APIClient) -> None:
        mug = a_variant(stock={"near": 3, "far": 2})
        bound(InventoryApi).reserve_stock(
            order_id=new_id(),
            currency="EUR",
            lines=[ReservationLine(variant_id=mug.id, quantity=1)],
            hold_seconds=60,
        )
        path = f"/v1/variants/{encode_id('var', mug.id)}/availability"

        held = api_client.get(path)
        clock.advance("inventory", 61)
        lapsed = api_client.get(path, HTTP_IF_NONE_MATCH=held["ETag"])

        assert [(place["code"], place["available"]) for place in held.json()["locations"]] == [("near", 2), ("far", 2)]
        assert (held.json()["available"], lapsed.json()["available"]) == (4, 5)

    def test_says_nothing_is_left_where_nothing_is_kept(self, api_client: APIClient) -> None:
        mug = a_variant()
        mug.levels.all().delete()

        answer = api_client.get(f"/v1/variants/{encode_id('var', mug.id)}/availability")

        assert answer.json() == {"variant_id": encode_id("var", mug.id), "available": 0, "locations": []}
