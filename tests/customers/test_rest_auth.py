"""Logging in and out over HTTP, and how little it tells."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from customers.models import CUSTOMERS, Customer, Session
from shared_kernel import clock
from tests.customers.hashers import CountingArgon2
from tests.customers.people import PASSWORD, race, register

pytestmark = pytest.mark.usefixtures("committed")

# These count or name the request, whatever it asks.
OF_THE_REQUEST = {"X-Request-Id", "RateLimit", "traceparent", "Content-Length"}


def post(path: str, body: Any, *, token: str | None = None) -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return APIClient().post(f"/v1/auth/{path}", body, format="json", headers=headers)


def log_in(email: str = "anna@example.test", password: str = PASSWORD) -> Any:
    return post("login", {"email": email, "password": password})


def told(response: Any) -> tuple[int, dict[str, str], dict[str, Any]]:
    """What an answer lets its reader know."""
    headers = {name: value for name, value in response.headers.items() if name not in OF_THE_REQUEST}
    body = {name: value for name, value in response.json().items() if name != "request_id"}
    return response.status_code, headers, body


class TestAStranger:
    def test_learns_the_same_from_registering_a_known_and_an_unknown_address(self) -> None:
        register("known@example.test")

        known = post("register", {"email": "known@example.test", "password": "a strangers guess"})
        unknown = post("register", {"email": "unknown@example.test", "password": "a strangers guess"})

        assert told(known) == told(unknown)
        assert (known.status_code, known.json()) == (202, {"status": "accepted"})

    def test_learns_the_same_from_a_wrong_password_and_an_unknown_address(self) -> None:
        register("known@example.test")

        known, unknown = log_in("known@example.test", "a strangers guess"), log_in("unknown@example.test")

        assert told(known) == told(unknown)
        assert (known.status_code, known.json()["code"]) == (401, "invalid_credentials")

    @pytest.mark.parametrize("path", ["register", "login"])
    def test_makes_the_hasher_work_once_either_way(self, path: str, settings: Any) -> None:
        register("known@example.test")
        settings.PASSWORD_HASHERS = ["tests.customers.hashers.CountingArgon2"]
        counts = []
        for email in ("known@example.test", "unknown@example.test"):
            CountingArgon2.worked.clear()
            post(path, {"email": email, "password": "a strangers guess"})
            counts.append(len(CountingArgon2.worked))

        assert counts == [1, 1]

    def test_cannot_take_over_an_account_by_registering_it_again(self) -> None:
        register()

        post("register", {"email": "ANNA@example.test", "password": "a strangers guess", "name": "Eve"})

        assert log_in(password="a strangers guess").status_code == 401
        assert log_in().status_code == 200
        assert Customer.objects.get().name == "Anna"


class TestACustomer:
    def test_registers_logs_in_refreshes_and_logs_out(self) -> None:
        body = {"email": "Anna@Example.test", "password": PASSWORD, "name": "Anna", "locale": "pl"}
        assert post("register", body).status_code == 202

        first = log_in().json()
        assert set(first) == {"access_token", "token_type", "expires_in", "refresh_token", "refresh_expires_in"}
        assert (first["token_type"], first["expires_in"]) == ("Bearer", 600)
        assert 30 * 24 * 3600 - 5 <= first["refresh_expires_in"] <= 30 * 24 * 3600

        second = post("refresh", {"refresh_token": first["refresh_token"]}).json()
        assert second["refresh_token"] != first["refresh_token"]
        assert (
            APIClient().get("/v1/me", headers={"Authorization": f"Bearer {second['access_token']}"}).status_code == 200
        )

        assert post("logout", {"refresh_token": second["refresh_token"]}).status_code == 204
        assert post("refresh", {"refresh_token": second["refresh_token"]}).status_code == 401

    def test_is_logged_out_everywhere_at_once(self) -> None:
        register()
        here, there = log_in().json(), log_in().json()

        assert post("logout-all", {}, token=here["access_token"]).status_code == 204

        for tokens in (here, there):
            assert post("refresh", {"refresh_token": tokens["refresh_token"]}).status_code == 401

    def test_keeps_an_access_token_for_ten_minutes_only(self) -> None:
        register()
        tokens = log_in().json()
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}

        clock.advance(CUSTOMERS, 600 + 35)

        assert APIClient().get("/v1/me", headers=headers).status_code == 401
        assert post("refresh", {"refresh_token": tokens["refresh_token"]}).status_code == 200

    def test_loses_the_session_when_a_token_is_used_twice(self) -> None:
        register()
        stolen = log_in().json()["refresh_token"]
        fresh = post("refresh", {"refresh_token": stolen}).json()["refresh_token"]
        clock.advance(CUSTOMERS, 31)

        refusal = post("refresh", {"refresh_token": stolen})

        assert (refusal.status_code, refusal.json()["code"]) == (401, "invalid_credentials")
        assert Session.objects.get().end_reason == "token_reused"
        assert post("refresh", {"refresh_token": fresh}).status_code == 401

    def test_gets_one_successor_from_two_tabs_that_refresh_at_once(self) -> None:
        register()
        token = log_in().json()["refresh_token"]

        answers = race(4, lambda _: post("refresh", {"refresh_token": token}))

        assert [answer.status_code for answer in answers] == [200] * 4
        assert len({answer.json()["refresh_token"] for answer in answers}) == 1

    def test_may_log_out_of_a_session_that_never_was(self) -> None:
        assert post("logout", {"refresh_token": "rt_unknown"}).status_code == 204


class TestEveryAnswer:
    def test_forbids_to_be_stored(self) -> None:
        register()
        tokens = log_in()

        answers = [
            tokens,
            log_in(password="a strangers guess"),
            post("register", {"email": "new@example.test", "password": PASSWORD}),
            post("refresh", {"refresh_token": tokens.json()["refresh_token"]}),
            post("logout", {"refresh_token": "rt_unknown"}),
        ]

        assert {answer.headers["Cache-Control"] for answer in answers} == {"no-store"}

    @pytest.mark.parametrize(
        ("path", "body", "pointer", "code"),
        [
            ("register", {"email": "a@b.test", "password": "x" * 11}, "/password", "min_length"),
            ("register", {"email": "a@b.test", "password": "x" * 1025}, "/password", "max_length"),
            ("register", {"email": "a@b.test", "password": "ä" * 600}, "/password", "max_length"),
            ("register", {"email": "a@b.test", "password": 123456789012}, "/password", "invalid"),
            ("register", {"email": "a@b.test", "password": "nul \u0000 and more text"}, "/password", "invalid_text"),
            ("register", {"email": "a@b.test", "password": " " * 12}, "/password", "blank"),
            ("register", {"email": "a@b.test"}, "/password", "required"),
            ("register", {"email": "no address", "password": PASSWORD}, "/email", "invalid"),
            ("register", {"email": None, "password": PASSWORD}, "/email", "null"),
            ("register", {"email": "a@b.test", "password": PASSWORD, "locale": "../en"}, "/locale", "invalid"),
            ("register", {"email": "a@b.test", "password": PASSWORD, "version": 7}, "/version", "unknown_field"),
            ("register", {"email": "a@b.test", "password": PASSWORD, "is_staff": True}, "/is_staff", "unknown_field"),
            ("login", {"email": ["a@b.test"], "password": PASSWORD}, "/email", "invalid"),
            ("login", {"email": "a@b.test", "password": ""}, "/password", "blank"),
            ("refresh", {"refresh_token": "x" * 101}, "/refresh_token", "max_length"),
            ("logout", {}, "/refresh_token", "required"),
        ],
    )
    def test_names_the_field_that_is_wrong(self, path: str, body: Any, pointer: str, code: str) -> None:
        refusal = post(path, body)

        problem = refusal.json()
        assert (refusal.status_code, problem["code"]) == (422, "validation_failed")
        assert [(error["pointer"], error["code"]) for error in problem["errors"]] == [(pointer, code)]
        assert not Customer.objects.exists()
        assert refusal.headers["Cache-Control"] == "no-store"

    def test_never_repeats_the_password(self) -> None:
        refusal = post("register", {"email": "no address", "password": PASSWORD, PASSWORD: PASSWORD})

        assert PASSWORD not in refusal.content.decode().replace(f"/{PASSWORD}", "")
