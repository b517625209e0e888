from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from inventory.models import Product, StockMovement
from tests.inventory.catalog import a_variant, counters

pytestmark = pytest.mark.django_db(databases="__all__")

MODELS = [model for model in admin.site._registry if model._meta.app_label == "inventory"]


@pytest.fixture
def browser() -> Client:
    client = Client()
    client.force_login(User.objects.db_manager("platform").create_superuser("boss", password="long enough"))
    return client


class TestThePages:
    @pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
    def test_show_rows_and_let_nobody_write(self, browser: Client, model: type) -> None:
        a_variant(stock=5)
        name = f"inventory_{model.__name__.lower()}"

        listed = browser.get(reverse(f"admin:{name}_changelist"))
        added = browser.get(reverse(f"admin:{name}_add"))

        assert (listed.status_code, added.status_code) == (200, 403)

    def test_show_one_row_without_a_way_to_change_or_delete_it(self, browser: Client) -> None:
        product = Product.objects.get(pk=a_variant().product_id)

        page = browser.get(reverse("admin:inventory_product_change", args=[product.pk]))
        saved = browser.post(reverse("admin:inventory_product_change", args=[product.pk]), {"title": "x"})
        deleted = browser.post(reverse("admin:inventory_product_delete", args=[product.pk]), {"post": "yes"})

        assert [page.status_code, saved.status_code, deleted.status_code] == [200, 403, 403]

    def test_cover_every_model(self) -> None:
        assert len(MODELS) == 10


class TestTheActions:
    def test_hide_and_publish_products(self, browser: Client) -> None:
        product = Product.objects.get(pk=a_variant().product_id)
        path = reverse("admin:inventory_product_changelist")

        browser.post(path, {"action": "unpublish", "_selected_action": [str(product.pk)]})
        hidden = Product.objects.get().publication
        browser.post(path, {"action": "publish", "_selected_action": [str(product.pk)]})

        assert (hidden, Product.objects.get().publication) == ("draft", "published")

    def test_adjust_stock_with_a_reason(self, browser: Client) -> None:
        mug = a_variant(stock=5)
        level = mug.levels.get()
        path = reverse("admin:inventory_stocklevel_changelist")
        form = {"action": "adjust", "_selected_action": [str(level.pk)], "reason": "damaged"}

        browser.post(path, {**form, "delta": "-2"})
        browser.post(path, {**form, "delta": "-9"})
        browser.post(path, {**form, "delta": ""})

        assert counters(mug.id) == {"main": (3, 0, 0)}
        assert StockMovement.objects.latest("at").actor.startswith("staff:admin:")

    def test_are_closed_to_staff_who_may_only_look(self) -> None:
        looker = User.objects.db_manager("platform").create_user("looker", password="long enough", is_staff=True)
        client = Client()
        client.force_login(looker)
        product = Product.objects.get(pk=a_variant().product_id)

        client.post(
            reverse("admin:inventory_product_changelist"),
            {"action": "unpublish", "_selected_action": [str(product.pk)]},
        )

        assert Product.objects.get().publication == "published"
