from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from tests.scenarios.shop import Shop

MODELS = [model for model in admin.site._registry if model._meta.app_label == "orders"]


@pytest.fixture
def browser(shop: Shop) -> Client:
    client = Client()
    client.force_login(User.objects.db_manager("platform").create_superuser("boss", password="long enough"))
    return client


class TestThePages:
    @pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
    def test_show_rows_and_let_nobody_write(self, shop: Shop, browser: Client, model: type[Model]) -> None:
        shop.places(shop.sells())
        shop.settle()
        name = f"orders_{model.__name__.lower()}"

        first = model._default_manager.order_by("pk").first()
        assert first is not None

        listed = browser.get(reverse(f"admin:{name}_changelist"))
        added = browser.get(reverse(f"admin:{name}_add"))
        shown = browser.get(reverse(f"admin:{name}_change", args=[first.pk]))

        assert (listed.status_code, added.status_code, shown.status_code) == (200, 403, 200)
        assert b"sim_ok" not in shown.content

    def test_cover_every_model(self) -> None:
        assert len(MODELS) == 6

    def test_keep_the_address_of_a_guest_to_themselves(self, shop: Shop, browser: Client) -> None:
        order = shop.places(shop.sells())

        page = browser.get(reverse("admin:orders_order_change", args=[order.id]))

        assert b"ada@example.test" not in page.content
        shop.settle()


class TestTheActions:
    def test_cancel_the_selected_orders_and_tell_which_could_not_be(self, shop: Shop, browser: Client) -> None:
        open_order = shop.places(shop.sells("a"))
        expired = shop.places(shop.sells("b"), token="sim_declined")
        shop.settle()
        shop.later(minutes=31)
        form = {"action": "cancel", "_selected_action": [str(open_order.id), str(expired.id)]}

        page = browser.post(reverse("admin:orders_order_changelist"), form, follow=True)
        shop.settle()

        assert (open_order.status, open_order.sums, expired.status) == ("canceled", (1999, 1999), "expired")
        assert b"1 orders canceled." in page.content
        assert expired.answer["number"].encode() in page.content

    def test_try_again_to_return_money(self, shop: Shop, browser: Client) -> None:
        order = shop.places(shop.sells())
        shop.settle()
        shop.provider.script("declined", kind="refund")
        order.cancel()
        shop.settle()

        browser.post(
            reverse("admin:orders_order_changelist"),
            {"action": "return_money", "_selected_action": [str(order.id)]},
        )
        shop.settle()

        assert order.sums == (1999, 1999)
