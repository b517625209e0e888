"""The admin pages of payments: to look at, with two actions."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from payments.api import PaymentStatus
from tests.payments.driving import authorized, captured, created, events, now_of, refund, settle
from tests.payments.simulator import RunningSimulator

pytestmark = pytest.mark.usefixtures("simulator")

MODELS = [model for model in admin.site._registry if model._meta.app_label == "payments"]
PAYMENTS = "admin:payments_payment_changelist"


@pytest.fixture
def browser(simulator: RunningSimulator) -> Client:
    client = Client()
    client.force_login(User.objects.db_manager("platform").create_superuser("boss", password="long enough"))
    return client


class TestThePages:
    @pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
    def test_show_rows_and_let_nobody_write(self, browser: Client, model: type) -> None:
        refund(captured(), 10)
        settle()
        name = f"payments_{model.__name__.lower()}"

        listed = browser.get(reverse(f"admin:{name}_changelist"))
        added = browser.get(reverse(f"admin:{name}_add"))

        assert (listed.status_code, added.status_code) == (200, 403)

    def test_show_a_payment_without_its_token(self, browser: Client) -> None:
        payment = created("sim_insufficient_funds")
        path = reverse("admin:payments_payment_change", args=[payment.payment_id])

        page, saved = browser.get(path), browser.post(path, {"status": "captured"})

        assert (page.status_code, saved.status_code) == (200, 403)
        assert "sim_insufficient_funds" not in page.content.decode()

    def test_cover_every_model(self) -> None:
        assert len(MODELS) == 6


class TestTheActions:
    def test_void(self, browser: Client) -> None:
        payment = authorized()

        browser.post(reverse(PAYMENTS), {"action": "void", "_selected_action": [str(payment.payment_id)]})
        settle()

        now_of(payment, PaymentStatus.CANCELED)

    def test_refund_in_full(self, browser: Client) -> None:
        payment = captured()
        refund(payment, 30)

        browser.post(reverse(PAYMENTS), {"action": "refund_in_full", "_selected_action": [str(payment.payment_id)]})
        settle()

        assert now_of(payment).refunded.amount == 100

    def test_tell_which_payments_refuse(self, browser: Client) -> None:
        chosen = [captured(), authorized()]
        form = {"action": "void", "_selected_action": [str(payment.payment_id) for payment in chosen]}

        page = browser.post(reverse(PAYMENTS), form, follow=True).content.decode()
        settle()

        assert f"{chosen[0].payment_id}: The payment is captured and cannot take the command void." in page
        assert "1 payments are being voided." in page
        now_of(chosen[1], PaymentStatus.CANCELED)

    def test_are_closed_to_staff_who_may_only_look(self, simulator: RunningSimulator) -> None:
        looker = User.objects.db_manager("platform").create_user("looker", password="long enough", is_staff=True)
        client = Client()
        client.force_login(looker)
        payment = authorized()

        client.post(reverse(PAYMENTS), {"action": "void", "_selected_action": [str(payment.payment_id)]})

        assert events() == ["payment_created", "payment_authorized"]
