"""The admin pages change nothing by being looked at, hide what they hide from filters too, and remember who acted."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from customers.models import ApiKey
from shared_kernel.admin_pages import ReadOnlyAdmin
from tests.customers.people import make_key

rolled_back = pytest.mark.django_db(databases="__all__")

PAGES = [page for page in admin.site._registry.values() if page.model._meta.app_label not in {"auth", "admin"}]
HIDDEN = [(page, column) for page in PAGES for column in getattr(page, "secret", ())]


@pytest.fixture
def boss() -> User:
    return User.objects.db_manager("platform").create_superuser("boss", password="a long password")


@pytest.fixture
def browser(boss: User) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(boss)
    return client


def address(page: Any, name: str = "changelist") -> str:
    return reverse(f"admin:{page.opts.app_label}_{page.opts.model_name}_{name}")


@rolled_back
@pytest.mark.parametrize("page", PAGES, ids=str)
class TestEveryPage:
    def test_is_read_only(self, page: Any) -> None:
        assert isinstance(page, ReadOnlyAdmin)

    def test_is_closed_to_strangers(self, page: Any) -> None:
        answer = Client().get(address(page))

        assert (answer.status_code, answer.headers["Location"]) == (302, f"/admin/login/?next={address(page)}")

    def test_asks_for_a_permission_to_act(self, page: Any) -> None:
        for name in page.actions or ():
            assert getattr(page, name).allowed_permissions == ["act"]


@rolled_back
@pytest.mark.parametrize(("page", "column"), HIDDEN, ids=str)
def test_no_filter_in_an_address_guesses_a_hidden_column(browser: Client, page: Any, column: str) -> None:
    for lookup in ("", "__startswith", "__gt", "__isnull"):
        assert browser.get(address(page), {f"{column}{lookup}": "a"}).status_code == 400


@pytest.mark.usefixtures("committed")
class TestAnAction:
    def path(self) -> str:
        return reverse("admin:customers_apikey_changelist")

    def form(self) -> dict[str, Any]:
        return {"action": "revoke", "_selected_action": [str(ApiKey.objects.get().pk)]}

    def test_is_not_done_by_a_link(self, browser: Client) -> None:
        make_key("customers:read")

        browser.get(self.path(), self.form())

        assert ApiKey.objects.get().revoked_at is None

    def test_is_not_done_by_a_form_of_another_site(self, browser: Client) -> None:
        make_key("customers:read")

        answer = browser.post(self.path(), self.form())

        assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")
        assert ApiKey.objects.get().revoked_at is None

    def test_leaves_behind_who_did_what_to_which_row(self, boss: User) -> None:
        make_key("customers:read")
        client = Client()
        client.force_login(boss)

        client.post(self.path(), self.form())

        entry = LogEntry.objects.get()
        assert (entry.user, entry.object_id, entry.change_message) == (boss, str(ApiKey.objects.get().pk), "revoke")


@rolled_back
class TestTheSession:
    def test_has_a_cookie_of_its_own_that_no_script_and_no_other_site_gets(self, boss: User) -> None:
        client = Client()

        client.post("/admin/login/", {"username": "boss", "password": "a long password"})

        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        assert settings.SESSION_COOKIE_NAME == "ashlar_admin_session"
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Strict")

    @pytest.mark.parametrize("path", ["/v1/me", "/v1/orders", "/v1/admin/orders", "/v1/admin/customers"])
    def test_means_nothing_to_the_api(self, browser: Client, path: str) -> None:
        assert browser.get(path).status_code == 401
