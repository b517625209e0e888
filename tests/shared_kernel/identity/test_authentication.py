from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from shared_kernel import clock
from shared_kernel.http.views import ApiView, Surface
from shared_kernel.identity import access_tokens, api_keys, order_tokens
from shared_kernel.identity.permissions import Anyone, CustomerOrGuest, HasScope
from shared_kernel.identity.principals import ANONYMOUS, customer, guest, key_holder
from shared_kernel.models import KnownApiKey
from tests.credentials import known_key

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.urls("tests.shared_kernel.http.shop")]
STOCK = "/v1/admin/stock"
PRIVATE = "/v1/private"


def ask(path: str, **headers: str) -> Any:
    return Client().get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


def code(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def remembered(
    alias: str = "orders", *, owner: str = "service:erp", scopes: tuple[str, ...] = ("stock:read",), **times: Any
) -> str:
    """An API key that the context knows; the plain text."""
    return known_key(alias, *scopes, owner=owner, **times).plain


def access_token() -> str:
    return access_tokens.issue(customer_id=uuid4(), session_id=uuid4(), now=clock.now("orders")).text


def order_token() -> str:
    return order_tokens.issue(order_id=uuid4(), expires_at=clock.now("orders") + timedelta(days=1))


class TestAnApiKey:
    def test_opens_what_its_scopes_allow(self) -> None:
        response = ask(STOCK, authorization=f"Bearer {remembered()}")

        assert (response.status_code, response.json()) == (200, {"kind": "service"})

    def test_of_staff_is_staff(self) -> None:
        assert ask(STOCK, authorization=f"bearer {remembered(owner='staff:ada')}").json() == {"kind": "staff"}

    def test_without_the_scope_is_forbidden(self) -> None:
        response = ask(STOCK, authorization=f"Bearer {remembered(scopes=('orders:read',))}")

        assert code(response) == (403, "permission_denied")

    def test_opens_nothing_for_customers(self) -> None:
        assert code(ask(PRIVATE, authorization=f"Bearer {remembered()}")) == (403, "permission_denied")

    def test_that_ended_or_was_revoked_is_refused(self) -> None:
        now = clock.now("orders")
        texts = [remembered(expires_at=now - timedelta(seconds=1)), remembered(revoked_at=now - timedelta(days=1))]

        assert [code(ask(STOCK, authorization=f"Bearer {text}")) for text in texts] == [
            (401, "invalid_credentials")
        ] * 2

    def test_that_another_context_knows_is_unknown_here(self) -> None:
        text = remembered("inventory")

        assert code(ask(STOCK, authorization=f"Bearer {text}")) == (401, "invalid_credentials")

    def test_is_known_by_its_hash_only(self) -> None:
        plain = remembered()

        (row,) = KnownApiKey.objects.using("orders").values()
        assert plain not in str(row)
        assert api_keys.hash_of(plain) == row["key_hash"]

    def test_notes_its_use_once_a_minute(self) -> None:
        plain = remembered()
        now = clock.now("orders")

        for seconds in (0, 30, 59, 60):
            api_keys.lookup("orders", plain, now=now + timedelta(seconds=seconds))

        assert KnownApiKey.objects.using("orders").get().last_used_at == now + timedelta(seconds=60)

    def test_follows_the_latest_word_about_it(self) -> None:
        key, key_id = api_keys.generate(), uuid4()
        news: dict[str, Any] = {"key_hash": key.key_hash, "owner": "service:erp", "expires_at": None}
        now = clock.now("orders")

        api_keys.remember("orders", key_id=key_id, scopes=["stock:read"], revoked_at=None, **news)
        before = api_keys.lookup("orders", key.plain, now=now)
        api_keys.remember("orders", key_id=key_id, scopes=["stock:read"], revoked_at=now, **news)

        assert before is not None
        assert api_keys.lookup("orders", key.plain, now=now) is None


class TestACredential:
    @pytest.mark.parametrize(
        "header",
        [
            "Bearer",
            "Bearer ",
            "Basic dTpw",
            "Bearer sk_unknown",
            "Bearer a.b.c",
            "sk_unknown",
            "Token x",
            "Bearer é",
            "Bearer " + "x" * 9000,
        ],
    )
    def test_that_is_bad_never_passes_as_anonymous(self, header: str) -> None:
        response = ask("/v1/parked", authorization=header)

        assert code(response) == (401, "invalid_credentials")
        assert response.headers["WWW-Authenticate"] == 'Bearer realm="ashlar"'

    def test_of_a_guest_that_is_bad_does_not_either(self) -> None:
        assert code(ask("/v1/parked", order_token="ot1_forged")) == (401, "invalid_credentials")

    def test_of_a_customer_goes_before_an_order_token(self) -> None:
        response = ask(PRIVATE, authorization=f"Bearer {access_token()}", order_token=order_token())

        assert response.status_code == 200

    def test_of_a_guest_names_the_one_order(self) -> None:
        order_id = uuid4()
        text = order_tokens.issue(order_id=order_id, expires_at=clock.now("orders") + timedelta(days=1))

        seen = Client().put(PRIVATE, headers={"order-token": text}).json()

        assert seen["order_id"] == str(order_id)
        assert seen["actor"].startswith("guest:ord_")


class TestTheAdminSurface:
    @pytest.mark.parametrize(
        "path", [STOCK, STOCK + "/", STOCK.upper(), "/v1//admin/stock", "/v1/admin/../admin/stock"]
    )
    def test_lets_neither_customers_nor_guests_in(self, path: str) -> None:
        credentials = [{"authorization": f"Bearer {access_token()}"}, {"order_token": order_token()}]

        assert {ask(path, **credential).status_code for credential in credentials} <= {403, 404}

    def test_asks_anonymous_callers_for_credentials(self) -> None:
        assert code(ask(STOCK)) == (401, "not_authenticated")

    def test_has_no_view_that_others_could_use(self) -> None:
        attributes = {"surface": Surface.ADMIN, "access": CustomerOrGuest(), "get": lambda *_: None}

        with pytest.raises(TypeError, match="for staff and services"):
            type("Careless", (ApiView,), attributes)


class TestAView:
    def test_that_does_not_say_who_may_is_refused(self) -> None:
        with pytest.raises(TypeError, match="does not say who may POST"):
            type("Open", (ApiView,), {"access": {"GET": Anyone()}, "get": None, "post": None})


class TestADemand:
    def test_is_met_by_its_kinds_only(self) -> None:
        everyone = [
            ANONYMOUS,
            customer(uuid4()),
            guest(uuid4()),
            key_holder(uuid4(), owner="service:a", scopes=frozenset({"a"})),
        ]

        met = {
            type(demand).__name__: [demand.allows(principal) for principal in everyone]
            for demand in (Anyone(), CustomerOrGuest(), HasScope("a"))
        }
        assert met == {
            "Anyone": [True, True, True, True],
            "CustomerOrGuest": [False, True, True, False],
            "HasScope": [False, False, False, True],
        }
