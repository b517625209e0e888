from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from inventory.api import InventoryApi, ReservationLine
from inventory.models import Product, StockAdjustment, StockLevel, StockMovement, Variant
from shared_kernel.facades.binding import bound
from shared_kernel.ids import encode_id, new_id
from shared_kernel.models import PendingEvent
from tests.inventory.catalog import a_location, a_variant, counters
from tests.inventory.clients import key, service

pytestmark = pytest.mark.django_db(databases="__all__")

PRODUCTS = "/v1/admin/products"
ADJUSTMENTS = "/v1/admin/stock-adjustments"


def clerk() -> APIClient:
    return service("catalog:read", "catalog:write", "stock:read", "stock:write")


def a_request(**changes: Any) -> dict[str, Any]:
    here = encode_id("loc", a_location().id)
    return {
        "handle": "mug",
        "title": "Mug",
        "description": "Holds coffee.",
        "variants": [
            {
                "sku": f"MUG-{color}",
                "options": [{"name": "Color", "value": color}],
                "prices": [{"amount": 1999, "currency": "EUR"}, {"amount": 300, "currency": "JPY"}],
                "stock": [{"location_id": here, "on_hand": 5}],
            }
            for color in ("Red", "Blue")
        ],
        **changes,
    }


def adjustment(variant: Variant, delta: object, **changes: Any) -> dict[str, Any]:
    here = encode_id("loc", a_location().id)
    return {
        "variant_id": encode_id("var", variant.id),
        "location_id": here,
        "delta": delta,
        "reason": "received",
        **changes,
    }


def event_names() -> list[str]:
    return list(PendingEvent.objects.using("inventory").order_by("id").values_list("name", flat=True))


class TestCreatingAProduct:
    def test_enters_it_with_variants_prices_and_stock(self) -> None:
        answer = clerk().post(PRODUCTS, a_request(publication="published"))

        assert answer.status_code == 201, answer.content
        shown = answer.json()
        assert answer["Location"] == f"{PRODUCTS}/{shown['id']}"
        assert [(variant["sku"], variant["title"], variant["options"]) for variant in shown["variants"]] == [
            ("MUG-Red", "Red", {"Color": "Red"}),
            ("MUG-Blue", "Blue", {"Color": "Blue"}),
        ]
        assert shown["allowed_actions"] == ["unpublish"]
        assert counters(Variant.objects.get(sku="MUG-Red").id) == {"main": (5, 0, 0)}
        assert (
            event_names()
            == ["inventory.product_created.v1"] + ["inventory.price_set.v1"] * 4 + ["inventory.stock_adjusted.v1"] * 2
        )

    def test_shows_its_prices_at_once_by_the_clock_of_production(self, settings: Any) -> None:
        # Outside test mode a price holds from a moment after the start of the transaction that sets it.
        settings.ASHLAR_TEST_MODE = False

        shown = clerk().post(PRODUCTS, a_request()).json()

        assert [len(variant["prices"]) for variant in shown["variants"]] == [2, 2]

    def test_gives_the_same_answer_under_the_same_key(self) -> None:
        client, header = clerk(), key()

        first, second = (client.post(PRODUCTS, a_request(), headers=header) for _ in range(2))

        assert first.content == second.content
        assert Product.objects.count() == 1

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"handle": "taken"}, "handle_taken"),
            ({"variants": [{"sku": "taken"}]}, "sku_taken"),
            ({"variants": [{"sku": "a"}, {"sku": "b"}]}, "options_repeat"),
        ],
    )
    def test_refuses_what_is_there_already(self, changes: dict[str, Any], code: str) -> None:
        a_variant("taken")

        answer = clerk().post(PRODUCTS, a_request(**changes))

        assert (answer.status_code, answer.json()["code"]) == (409, code)
        assert Product.objects.count() == 1

    @pytest.mark.parametrize(
        "changes",
        [
            {"title": "  "},
            {"title": None},
            {"handle": "two words"},
            {"price": 3},
            {"variants": []},
            {"variants": [{"sku": "a"}, {"sku": "a"}]},
            {"variants": [{"sku": "a", "prices": [{"amount": 1.5, "currency": "EUR"}]}]},
            {"variants": [{"sku": "a", "prices": [{"amount": -1, "currency": "EUR"}]}]},
            {"variants": [{"sku": "a", "stock": [{"location_id": encode_id("loc", new_id()), "on_hand": 1}]}]},
        ],
    )
    def test_refuses_bad_input_and_writes_nothing(self, changes: dict[str, Any]) -> None:
        answer = clerk().post(PRODUCTS, a_request(**changes))

        assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
        assert not Product.objects.exists()


class TestEditingAProduct:
    def test_wants_the_version_that_was_read(self) -> None:
        client, path = clerk(), f"{PRODUCTS}/{encode_id('prd', a_variant().product_id)}"
        tag = client.get(path)["ETag"]

        blind = client.patch(path, {"title": "New"})
        edited = client.patch(path, {"title": "New"}, HTTP_IF_MATCH=tag)
        late = client.patch(path, {"title": "Newer"}, HTTP_IF_MATCH=tag)

        assert [blind.status_code, edited.status_code, late.status_code] == [428, 200, 412]
        assert (edited.json()["title"], event_names()) == ("New", ["inventory.product_updated.v1"])
        assert edited["ETag"] != tag

    def test_changes_nothing_when_it_says_nothing_new(self) -> None:
        client, path = clerk(), f"{PRODUCTS}/{encode_id('prd', a_variant().product_id)}"
        tag = client.get(path)["ETag"]

        answer = client.patch(path, {"title": "Mug"}, HTTP_IF_MATCH=tag)

        assert (answer.status_code, answer["ETag"], event_names()) == (200, tag, [])

    def test_never_sets_a_state(self) -> None:
        client, path = clerk(), f"{PRODUCTS}/{encode_id('prd', a_variant().product_id)}"

        answer = client.patch(path, {"publication": "draft"}, HTTP_IF_MATCH=client.get(path)["ETag"])

        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "unknown_field")

    def test_publishes_and_hides_by_command(self, api_client: APIClient) -> None:
        product = encode_id("prd", a_variant(published=False).product_id)
        client = clerk()

        published = [client.post(f"{PRODUCTS}/{product}/publish") for _ in range(2)]
        seen = api_client.get(f"/v1/products/{product}")
        hidden = client.post(f"{PRODUCTS}/{product}/unpublish")
        gone = api_client.get(f"/v1/products/{product}")

        assert [answer.json()["publication"] for answer in [*published, hidden]] == ["published", "published", "draft"]
        assert (seen.status_code, gone.status_code) == (200, 404)
        assert event_names() == ["inventory.product_updated.v1"] * 2


class TestSettingAPrice:
    def test_ends_the_one_before(self) -> None:
        mug, client = a_variant(), clerk()
        body = {"variant_id": encode_id("var", mug.id), "price": {"amount": 2500, "currency": "EUR"}}

        answers = [client.post("/v1/admin/prices", body) for _ in range(2)]

        assert [answer.status_code for answer in answers] == [201, 201]
        assert answers[0].json()["price"] == {"amount": 2500, "currency": "EUR"}
        assert [(price.amount, price.valid_to is None) for price in mug.prices.order_by("valid_from")] == [
            (1999, False),
            (2500, True),
        ]
        assert event_names() == ["inventory.price_set.v1"]

    def test_knows_no_strange_variant(self) -> None:
        body = {"variant_id": encode_id("var", new_id()), "price": {"amount": 1, "currency": "EUR"}}

        assert clerk().post("/v1/admin/prices", body).status_code == 404


class TestAdjustingStock:
    def test_adds_and_takes_with_a_reason_and_leaves_a_trace(self) -> None:
        mug, client = a_variant(stock=5), clerk()

        added = client.post(ADJUSTMENTS, adjustment(mug, 3), headers=key())
        taken = client.post(ADJUSTMENTS, adjustment(mug, -2, reason="damaged"), headers=key())

        assert [added.status_code, taken.status_code] == [201, 201]
        assert (added.json()["level"]["on_hand"], taken.json()["level"]["on_hand"]) == (8, 6)
        journal = client.get("/v1/admin/stock-movements?reason=damaged").json()["data"]
        assert [(line["delta"], line["bucket"], line["reference"]) for line in journal] == [
            (-2, "on_hand", taken.json()["id"])
        ]
        assert journal[0]["actor"].startswith("service:")

    def test_happens_once_under_one_key_and_wants_a_key(self) -> None:
        mug, client, header = a_variant(stock=5), clerk(), key()

        answers = [client.post(ADJUSTMENTS, adjustment(mug, 1), headers=header) for _ in range(3)]
        keyless = client.post(ADJUSTMENTS, adjustment(mug, 1))

        assert len({answer.content for answer in answers}) == 1
        assert (keyless.status_code, counters(mug.id)) == (400, {"main": (6, 0, 0)})

    def test_keeps_what_is_promised(self) -> None:
        mug = a_variant(stock=5)
        bound(InventoryApi).reserve_stock(
            order_id=new_id(), currency="EUR", lines=[ReservationLine(variant_id=mug.id, quantity=4)], hold_seconds=60
        )

        answer = clerk().post(ADJUSTMENTS, adjustment(mug, -2, reason="lost"), headers=key())

        assert (answer.status_code, answer.json()["code"], answer.json()["available"]) == (409, "stock_promised", 1)

    def test_makes_the_level_where_none_was(self) -> None:
        mug = a_variant()
        store = encode_id("loc", a_location("store").id)

        answer = clerk().post(ADJUSTMENTS, adjustment(mug, 4, location_id=store), headers=key())

        assert (answer.status_code, counters(mug.id)["store"]) == (201, (4, 0, 0))

    @pytest.mark.parametrize("delta", [0, 1.5, "1", True, 10**12, None])
    def test_refuses_a_change_that_is_no_number_of_units(self, delta: object) -> None:
        answer = clerk().post(ADJUSTMENTS, adjustment(a_variant(stock=5), delta), format="json", headers=key())

        assert (answer.status_code, StockAdjustment.objects.count()) == (422, 0)

    @pytest.mark.parametrize("field", ["variant_id", "location_id"])
    def test_refuses_strangers(self, field: str) -> None:
        stranger = {field: encode_id(field[:3], new_id())}

        answer = clerk().post(ADJUSTMENTS, adjustment(a_variant(), 1, **stranger), headers=key())

        assert answer.status_code == 422


class TestSettingAStockLevel:
    def test_counts_and_keeps_back(self) -> None:
        mug, client = a_variant(stock=5), clerk()
        path = f"/v1/admin/stock-levels/{encode_id('lvl', mug.levels.get().id)}"
        tag = client.get(path)["ETag"]

        answer = client.put(path, {"on_hand": 12, "safety_stock": 10}, HTTP_IF_MATCH=tag)
        back = client.put(path, {"on_hand": 4, "safety_stock": 1}, HTTP_IF_MATCH=answer["ETag"])
        late = client.put(path, {"on_hand": 1, "safety_stock": 0}, HTTP_IF_MATCH=tag)

        assert (answer.status_code, answer.json()["available"]) == (200, 2)
        assert (back.status_code, back.json()["available"], late.status_code) == (200, 3, 412)
        assert client.get(path).json() == back.json()
        assert sum(StockMovement.objects.values_list("delta", flat=True)) == 4

    def test_refuses_less_than_is_promised(self) -> None:
        mug, client = a_variant(stock=5), clerk()
        bound(InventoryApi).reserve_stock(
            order_id=new_id(), currency="EUR", lines=[ReservationLine(variant_id=mug.id, quantity=4)], hold_seconds=60
        )
        path = f"/v1/admin/stock-levels/{encode_id('lvl', mug.levels.get().id)}"

        answer = client.put(path, {"on_hand": 3, "safety_stock": 0}, HTTP_IF_MATCH=client.get(path)["ETag"])

        assert (answer.status_code, StockLevel.objects.get().on_hand) == (409, 5)


class TestLookingAtReservations:
    def test_shows_them_by_order(self) -> None:
        mug, order_id = a_variant(stock=5), new_id()
        held = bound(InventoryApi).reserve_stock(
            order_id=order_id, currency="EUR", lines=[ReservationLine(variant_id=mug.id, quantity=2)], hold_seconds=60
        )
        client = clerk()

        listed = client.get(f"/v1/admin/reservations?order_id={encode_id('ord', order_id)}&status=held").json()["data"]
        one = client.get(f"/v1/admin/reservations/{encode_id('res', held.reservation_id)}")

        assert [one.json()] == listed
        assert (listed[0]["status"], listed[0]["allowed_actions"]) == ("held", [])
        assert listed[0]["lines"][0]["unit_price"] == {"amount": 1999, "currency": "EUR"}

    def test_finds_stock_levels_by_sku(self) -> None:
        a_variant("mug", stock=3)
        a_variant("cup", stock=4)

        rows = clerk().get("/v1/admin/stock-levels?sku=cup").json()["data"]

        assert [(row["sku"], row["on_hand"]) for row in rows] == [("cup", 4)]


class TestTheAdminSurface:
    @pytest.mark.parametrize("path", ["products", "stock-levels", "stock-movements", "reservations"])
    def test_turns_away_whoever_lacks_the_scope(self, api_client: APIClient, path: str) -> None:
        assert api_client.get(f"/v1/admin/{path}").status_code == 401
        assert service("orders:read").get(f"/v1/admin/{path}").status_code == 403
        assert clerk().get(f"/v1/admin/{path}").status_code == 200

    def test_lets_nobody_write_who_may_only_read(self) -> None:
        reader = service("catalog:read", "stock:read")

        assert reader.post(PRODUCTS, a_request()).status_code == 403
        assert reader.post(ADJUSTMENTS, adjustment(a_variant(), 1), headers=key()).status_code == 403
