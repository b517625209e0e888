"""The admin pages of customers: to look at, with a few actions, and no secrets."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core import mail
from django.test import Client

from customers.models import CUSTOMERS, ApiKey, Customer, Message, RefreshToken, Session
from shared_kernel.events import relay
from tests.customers.people import log_in, make_key, refresh, register

pytestmark = pytest.mark.usefixtures("committed")

MODELS = (Customer, Session, RefreshToken, ApiKey, Message)


@pytest.fixture
def staff(committed: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="a long password"))
    return client


def act(client: Client, model: type[Any], action: str) -> Any:
    name = model._meta.model_name
    chosen = [str(row.pk) for row in model.objects.all()]
    return client.post(f"/admin/customers/{name}/", {"action": action, "_selected_action": chosen}, follow=True)


class TestThePages:
    @pytest.mark.parametrize("model", MODELS)
    def test_show_every_model_without_its_secrets(self, staff: Client, model: type[Any]) -> None:
        customer = register()
        opened = log_in(customer)
        make_key("customers:read")
        secrets = [customer.password_hash, ApiKey.objects.get().key_hash, RefreshToken.objects.get().token_hash]
        assert refresh(opened.refresh_token)

        path = f"/admin/customers/{model._meta.model_name}/"
        pages = [staff.get(path), staff.get(f"{path}{model.objects.first().pk}/change/")]

        assert [page.status_code for page in pages] == [200, 200]
        assert not any(secret in page.content.decode() for secret in secrets for page in pages)

    @pytest.mark.parametrize("model", MODELS)
    def test_add_change_and_delete_nothing(self, staff: Client, model: type[Any]) -> None:
        log_in(register())
        make_key("customers:read")
        path = f"/admin/customers/{model._meta.model_name}/"
        row = model.objects.first()

        answers = [
            staff.get(f"{path}add/"),
            staff.post(f"{path}{row.pk}/change/", {"name": "Eve"}),
            staff.post(f"{path}{row.pk}/delete/", {"post": "yes"}),
        ]

        assert [answer.status_code for answer in answers] == [403, 403, 403]
        assert model.objects.filter(pk=row.pk).exists()


class TestTheActions:
    def test_log_out_everywhere(self, staff: Client) -> None:
        opened = log_in(register())

        act(staff, Customer, "log_out_everywhere")

        assert refresh(opened.refresh_token) is None

    def test_revoke_keys(self, staff: Client) -> None:
        make_key("customers:read")

        act(staff, ApiKey, "revoke")

        assert ApiKey.objects.get().revoked_at is not None

    def test_send_messages_again_but_not_those_on_their_way(self, staff: Client) -> None:
        register()
        refused = act(staff, Message, "resend")
        relay.drain([CUSTOMERS], run_worker_tasks=True)

        act(staff, Message, "resend")
        relay.drain([CUSTOMERS], run_worker_tasks=True)

        assert "cannot take the command resend" in refused.content.decode()
        assert len(mail.outbox) == 2

    def test_need_the_permission_to_change(self) -> None:
        make_key("customers:read")
        viewer = User.objects.create_user("viewer", password="a long password", is_staff=True)
        viewer.user_permissions.add(Permission.objects.get(codename="view_apikey"))
        client = Client()
        client.force_login(viewer)

        act(client, ApiKey, "revoke")

        assert ApiKey.objects.get().revoked_at is None
