"""The admin pages of the kernel's tables, and what holds for the pages of every context."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from shared_kernel import clock
from shared_kernel.ids import new_id
from shared_kernel.models import EventHead, IdempotencyKey, KnownApiKey
from tests.credentials import known_key

pytestmark = pytest.mark.django_db(databases="__all__")

KERNEL = list(apps.get_app_config("shared_kernel").get_models())


@pytest.fixture
def browser() -> Client:
    client = Client()
    client.force_login(User.objects.db_manager("platform").create_superuser("boss", password="long enough"))
    return client


def page(model: type[Model], kind: str, *arguments: object) -> str:
    return reverse(f"admin:shared_kernel_{model.__name__.lower()}_{kind}", args=arguments)


class TestThePages:
    def test_cover_every_model_of_ours(self) -> None:
        ours = {model for label in (*settings.ASHLAR_CONTEXTS, "shared_kernel") for model in models_of(label)}

        assert ours <= set(admin.site._registry)

    @pytest.mark.parametrize("context", settings.ASHLAR_CONTEXTS)
    @pytest.mark.parametrize("model", KERNEL, ids=lambda model: model.__name__)
    def test_show_the_rows_of_each_context_and_let_nobody_write(
        self, browser: Client, model: type[Model], context: str
    ) -> None:
        listed = browser.get(page(model, "changelist"), {"context": context})
        added = browser.get(page(model, "add"))
        posted = [browser.post(page(model, kind, "1")) for kind in ("change", "delete")]

        assert (listed.status_code, added.status_code) == (200, 403)
        assert [answer.status_code for answer in posted] == [403, 403]

    def test_keep_contexts_apart_and_stay_with_the_one_chosen(self, browser: Client) -> None:
        known_key("payments", owner="service:payments")
        key = KnownApiKey.objects.using("payments").get()

        here = browser.get(page(KnownApiKey, "changelist"), {"context": "payments"}).content.decode()
        there = browser.get(page(KnownApiKey, "changelist"), {"context": "orders"}).content.decode()
        row = page(KnownApiKey, "change", key.pk) + "?_changelist_filters=context%3Dpayments"

        assert ("service:payments" in here, "service:payments" in there) == (True, False)
        assert row in here
        assert "service:payments" in browser.get(row).content.decode()

    def test_fall_back_to_a_hosted_context_where_none_is_named(self, browser: Client) -> None:
        epochs = {alias: str(EventHead.objects.using(alias).get().epoch) for alias in settings.ASHLAR_CONTEXTS}

        shown = browser.get(page(EventHead, "changelist"), {"context": "nowhere"}).content.decode()

        assert [alias for alias, epoch in epochs.items() if epoch in shown] == [settings.ASHLAR_CONTEXTS[0]]

    def test_show_no_hash_and_no_stored_answer(self, browser: Client) -> None:
        key_hash = known_key("orders").key_hash
        key = KnownApiKey.objects.using("orders").get()
        IdempotencyKey.objects.using("orders").create(
            scope=b"\x01" * 32,
            fingerprint=b"\x02" * 32,
            resource_id=new_id(),
            holder=new_id(),
            created_at=clock.now("orders"),
            status=201,
            headers={"Location": "/v1/orders/secret"},
            body=b"a stored answer",
        )

        pages = [
            browser.get(address, {"context": "orders"}).content.decode()
            for address in (
                page(KnownApiKey, "changelist"),
                page(KnownApiKey, "change", key.pk),
                page(IdempotencyKey, "changelist"),
            )
        ]

        assert "201" in pages[2]
        assert not any(secret in text for secret in (key_hash, "stored answer", "secret") for text in pages)


def models_of(label: str) -> list[type[Model]]:
    return list(apps.get_app_config(label).get_models())
