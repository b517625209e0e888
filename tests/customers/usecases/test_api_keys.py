"""The keys of programs, from their making to the door they open."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from rest_framework.test import APIClient

from customers.models import CUSTOMERS, ApiKey, Customer
from customers.usecases import api_keys
from customers.usecases.api_keys import UnknownScopes
from customers.usecases.passwords import hash_password
from shared_kernel import clock
from shared_kernel.events import relay
from shared_kernel.identity.api_keys import SCOPES, lookup
from shared_kernel.ids import encode_id
from shared_kernel.models import LoggedEvent
from tests.customers.people import make_key

pytestmark = pytest.mark.usefixtures("committed")


def run(command: str, *arguments: str) -> str:
    """What a command prints on standard output."""
    output = StringIO()
    call_command(command, *arguments, stdout=output, stderr=StringIO())
    relay.drain([CUSTOMERS])
    return output.getvalue().strip()


def opens(key: str) -> bool:
    response: Any = APIClient().get("/v1/admin/customers", headers={"Authorization": f"Bearer {key}"})
    return bool(response.status_code == 200)


class TestAKey:
    def test_is_kept_as_a_hash_only(self) -> None:
        plain = make_key("customers:read")

        assert plain.startswith("sk_")
        assert plain not in json.dumps(list(ApiKey.objects.values()), default=str)
        assert plain not in json.dumps(list(LoggedEvent.objects.using(CUSTOMERS).values()), default=str)

    def test_opens_doors_until_it_is_revoked(self) -> None:
        plain = make_key("customers:read")
        assert opens(plain)

        with transaction.atomic(using=CUSTOMERS):
            api_keys.revoke_api_key(key_id=ApiKey.objects.get().id, now=clock.now(CUSTOMERS))
        relay.drain([CUSTOMERS])

        assert not opens(plain)

    def test_opens_doors_until_it_expires(self) -> None:
        with transaction.atomic(using=CUSTOMERS):
            plain = api_keys.create_api_key(
                name="ops", scopes=["customers:read"], lifetime=timedelta(days=1), now=clock.now(CUSTOMERS)
            ).plain
        relay.drain([CUSTOMERS])
        assert opens(plain)

        clock.advance(CUSTOMERS, 24 * 3600)

        assert not opens(plain)

    def test_is_known_to_every_context_by_its_owner_and_scopes(self) -> None:
        principal = lookup(CUSTOMERS, make_key("orders:read", "events:read", name="ops"), now=clock.now(CUSTOMERS))

        assert principal is not None
        assert principal.kind == "service"
        assert principal.scopes == {"orders:read", "events:read"}

    def test_revoked_twice_is_told_of_once(self) -> None:
        make_key("customers:read")
        key_id = ApiKey.objects.get().id

        for _ in range(2):
            with transaction.atomic(using=CUSTOMERS):
                api_keys.revoke_api_key(key_id=key_id, now=clock.now(CUSTOMERS))

        assert ApiKey.objects.get().version == 2

    def test_has_no_scope_that_does_not_exist(self) -> None:
        with pytest.raises(UnknownScopes) as refusal, transaction.atomic(using=CUSTOMERS):
            api_keys.create_api_key(name="x", scopes=["orders:read", "all"], lifetime=None, now=clock.now(CUSTOMERS))

        assert refusal.value.scopes == ["all"]


class TestTheCommand:
    def test_create_api_key_prints_a_key_that_works(self) -> None:
        plain = run("create_api_key", "--name", "ops", "--scopes", "customers:read, orders:read", "--days", "30")

        key = ApiKey.objects.get()
        assert opens(plain)
        assert key.scopes == ["customers:read", "orders:read"]
        assert key.expires_at is not None
        assert key.expires_at - key.created_at == timedelta(days=30)

    @pytest.mark.parametrize(
        "arguments",
        [
            ("--name", "Anna B", "--scopes", "orders:read"),
            ("--name", "ops", "--scopes", "orders:everything"),
            ("--name", "ops", "--scopes", ","),
            ("--name", "ops", "--scopes", "orders:read", "--days", "0"),
        ],
    )
    def test_create_api_key_refuses_nonsense(self, arguments: tuple[str, ...]) -> None:
        with pytest.raises(CommandError):
            run("create_api_key", *arguments)

        assert not ApiKey.objects.exists()

    @pytest.mark.parametrize("by", ["id", "prefix", "key"])
    def test_revoke_api_key_finds_the_key(self, by: str) -> None:
        plain = make_key("customers:read")
        key = ApiKey.objects.get()

        run("revoke_api_key", {"id": encode_id("key", key.id), "prefix": key.prefix, "key": plain}[by])

        assert not opens(plain)

    @pytest.mark.parametrize("text", ["sk_", "sk_nosuchkey", "", "key_01h455vb4pex5vsknk084sn02q"])
    def test_revoke_api_key_touches_no_other_key(self, text: str) -> None:
        plain = make_key("customers:read")

        with pytest.raises(CommandError):
            run("revoke_api_key", text)

        assert opens(plain)

    def test_load_demo_principals_makes_the_same_ones_every_time(self) -> None:
        first = json.loads(run("load_demo_principals"))
        second = json.loads(run("load_demo_principals"))

        assert first == second
        assert opens(first["api_key"])
        assert Customer.objects.count() == ApiKey.objects.count() == 1
        assert set(ApiKey.objects.get().scopes) == SCOPES

        body = {"email": first["email"], "password": first["password"]}
        assert APIClient().post("/v1/auth/login", body, format="json").status_code == 200

    def test_load_demo_principals_repairs_a_password_that_no_longer_fits(self) -> None:
        demo = json.loads(run("load_demo_principals"))
        Customer.objects.update(password_hash=hash_password("of another machine"))

        run("load_demo_principals")

        body = {"email": demo["email"], "password": demo["password"]}
        assert APIClient().post("/v1/auth/login", body, format="json").status_code == 200

    def test_load_demo_principals_refuses_production(self, settings: Any) -> None:
        settings.ASHLAR_STAGE = "production"

        with pytest.raises(CommandError):
            run("load_demo_principals")

        assert not Customer.objects.exists()

    def test_create_customer_opens_an_account(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("getpass.getpass", lambda _: "a password typed in")

        printed = run("create_customer", "--email", "Anna@Example.test", "--name", "Anna")

        customer = Customer.objects.get()
        assert printed == encode_id("cus", customer.id)
        assert customer.email == "anna@example.test"
        with pytest.raises(CommandError, match="already"):
            run("create_customer", "--email", "anna@example.test")
