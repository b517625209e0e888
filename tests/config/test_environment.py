"""The environment is read once, typed, and refused with one sentence that names the variable."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from config.environment import ROOT, read_environment
from config.environment_values import ProcessRole, Stage
from config.signing_keys import generate_private_key
from config.variables import ConfigurationError


def secret(seed: str) -> str:
    return f"{seed}-Zk3vN8qLw0xT5rYb7uHd2mJc9fGs4aPe"


@pytest.fixture
def development(tmp_path: Path) -> dict[str, str]:
    return {"ASHLAR_DATA_DIR": str(tmp_path / "data")}


@pytest.fixture
def production(tmp_path: Path) -> dict[str, str]:
    return {
        "ASHLAR_ENV": "production",
        "ASHLAR_DATA_DIR": str(tmp_path / "data"),
        "ASHLAR_ALLOWED_HOSTS": "shop.example.com",
        "DATABASE_URL": "postgresql://db.internal/ashlar",
        "REDIS_URL": "redis://cache.internal/0",
        "SECRET_KEY": secret("a"),
        "ASHLAR_DATABASE_PASSWORD_KEY": secret("b"),
        "ASHLAR_ORDER_TOKEN_KEY": secret("c"),
        "ASHLAR_CURSOR_KEY": secret("d"),
        "ASHLAR_ACCESS_TOKEN_PRIVATE_KEY": generate_private_key(),
        "EMAIL_HOST": "smtp.internal",
    }


class TestDevelopment:
    def test_needs_nothing(self, development: dict[str, str]) -> None:
        environment = read_environment(development)

        assert environment.stage is Stage.DEVELOPMENT
        assert environment.role is ProcessRole.COMMAND
        assert environment.embedded_postgres
        assert environment.embedded_redis
        assert environment.contexts == ("inventory", "payments", "customers", "orders")

    def test_keeps_the_secrets_it_made_up(self, development: dict[str, str]) -> None:
        first = read_environment(development)
        second = read_environment(development)

        assert first.secrets.order_token == second.secrets.order_token
        assert first.token_keys.private == second.token_keys.private
        assert first.databases["orders"].app.password == second.databases["orders"].app.password

    def test_lets_nobody_else_read_them(self, development: dict[str, str]) -> None:
        read_environment(development)

        kept = Path(development["ASHLAR_DATA_DIR"]) / "secrets.json"
        assert kept.stat().st_mode & 0o077 == 0

    def test_gives_each_role_its_own_password(self, development: dict[str, str]) -> None:
        databases = read_environment(development).databases.values()

        passwords = {address.password for each in databases for address in (each.app, each.owner)}
        assert len(passwords) == 2 * len(databases)


class TestContexts:
    def test_only_the_hosted_ones_have_a_database(self, development: dict[str, str]) -> None:
        environment = read_environment({**development, "ASHLAR_CONTEXTS": "orders, inventory"})

        assert environment.contexts == ("inventory", "orders")
        assert set(environment.databases) == {"inventory", "orders", "platform"}

    def test_one_may_live_elsewhere(self, development: dict[str, str]) -> None:
        elsewhere = {
            "INVENTORY_DATABASE_URL": "postgresql://inventory_app:pass%40word@far.internal:6432/stock?sslmode=require"
        }

        environment = read_environment({**development, **elsewhere})

        app = environment.databases["inventory"].app
        assert (app.host, app.port, app.name, app.user, app.password) == (
            *("far.internal", 6432, "stock"),
            *("inventory_app", "pass@word"),
        )
        assert app.parameters == {"sslmode": "require"}
        assert environment.databases["inventory"].admin is None
        assert environment.databases["orders"].app.host != "far.internal"

    def test_none_is_served_by_another_role(self, development: dict[str, str]) -> None:
        with pytest.raises(
            ConfigurationError, match=r"^ORDERS_DATABASE_URL must connect as orders_app, not as postgres"
        ):
            read_environment({**development, "ORDERS_DATABASE_URL": "postgresql://postgres@db.internal/ashlar"})


class TestProduction:
    def test_starts_with_what_it_needs(self, production: dict[str, str]) -> None:
        environment = read_environment(production)

        assert environment.production
        assert not environment.docs_enabled
        assert environment.simulator is None
        assert not Path(production["ASHLAR_DATA_DIR"]).exists()

    @pytest.mark.parametrize(
        "name",
        [
            "ASHLAR_ALLOWED_HOSTS",
            "DATABASE_URL",
            "REDIS_URL",
            "SECRET_KEY",
            "ASHLAR_ORDER_TOKEN_KEY",
            "ASHLAR_CURSOR_KEY",
            "ASHLAR_ACCESS_TOKEN_PRIVATE_KEY",
            "EMAIL_HOST",
        ],
    )
    def test_names_what_is_missing(self, production: dict[str, str], name: str) -> None:
        del production[name]

        with pytest.raises(ConfigurationError, match=rf"^{name} is not set"):
            read_environment(production)

    def test_needs_the_passwords_of_the_roles(self, production: dict[str, str]) -> None:
        del production["ASHLAR_DATABASE_PASSWORD_KEY"]

        with pytest.raises(ConfigurationError, match=r"^INVENTORY_APP_PASSWORD is not set"):
            read_environment(production)

    @pytest.mark.parametrize(
        "weak", ["short", "a" * 64, "change-me-change-me-change-me-change-me", "dev-3vN8qLw0xT5rYb7uHd2mJc9fGs4aPeZk"]
    )
    def test_refuses_weak_secrets(self, production: dict[str, str], weak: str) -> None:
        with pytest.raises(ConfigurationError, match=r"^SECRET_KEY .*production"):
            read_environment({**production, "SECRET_KEY": weak})

    def test_refuses_the_secrets_of_a_development_machine(
        self, production: dict[str, str], development: dict[str, str]
    ) -> None:
        copied = read_environment(development).secrets.order_token

        with pytest.raises(ConfigurationError, match=r"^ASHLAR_ORDER_TOKEN_KEY is a default"):
            read_environment({**production, "ASHLAR_ORDER_TOKEN_KEY": copied})

    @pytest.mark.parametrize("name", ["ASHLAR_ORDER_TOKEN_KEY", "ASHLAR_CURSOR_KEY"])
    @pytest.mark.parametrize("old", ["x", f"dev-{secret('e')}"])
    def test_refuses_a_weak_key_beside_a_strong_one(self, production: dict[str, str], name: str, old: str) -> None:
        with pytest.raises(ConfigurationError, match=rf"^{name} .*production"):
            read_environment({**production, name: f"{secret('f')},{old}"})

    def test_takes_two_strong_keys_for_a_change(self, production: dict[str, str]) -> None:
        both = f"{secret('f')},{secret('g')}"

        assert read_environment({**production, "ASHLAR_ORDER_TOKEN_KEY": both}).secrets.order_token == both

    def test_serves_no_admin_pages_unless_asked_to(self, production: dict[str, str]) -> None:
        assert not read_environment(production).admin_enabled
        assert read_environment({**production, "ASHLAR_ADMIN_ENABLED": "true"}).admin_enabled

    def test_refuses_the_test_clock(self, production: dict[str, str]) -> None:
        with pytest.raises(ConfigurationError, match=r"^ASHLAR_TEST_MODE is on"):
            read_environment({**production, "ASHLAR_TEST_MODE": "true"})

    def test_refuses_every_host(self, production: dict[str, str]) -> None:
        with pytest.raises(ConfigurationError, match=r"^ASHLAR_ALLOWED_HOSTS is \*"):
            read_environment({**production, "ASHLAR_ALLOWED_HOSTS": "*"})


class TestSecrets:
    def test_a_file_wins_and_loses_one_newline(self, development: dict[str, str], tmp_path: Path) -> None:
        path = tmp_path / "secret"
        path.write_text("from the file\n\n")

        environment = read_environment({**development, "SECRET_KEY": "direct", "SECRET_KEY_FILE": str(path)})

        assert environment.secrets.django == "from the file\n"

    def test_a_missing_file_is_named(self, development: dict[str, str]) -> None:
        with pytest.raises(ConfigurationError, match=r"^SECRET_KEY_FILE names /nowhere, which cannot be read"):
            read_environment({**development, "SECRET_KEY_FILE": "/nowhere"})

    def test_none_is_shown(self, production: dict[str, str]) -> None:
        shown = repr(read_environment({**production, "REDIS_URL": f"redis://:{secret('e')}@cache.internal/0"}))

        assert "Zk3vN8qLw0xT5rYb7uHd2mJc9fGs4aPe" not in shown
        assert "PRIVATE KEY" not in shown


class TestWrongValues:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("ASHLAR_ENV", "prod"),
            ("ASHLAR_ROLE", "boss"),
            ("ASHLAR_CONTEXTS", "orders,shipping"),
            ("ASHLAR_CONTEXTS", ","),
            ("PORT", "eighty"),
            ("PORT", "70000"),
            ("ASHLAR_TEST_MODE", "maybe"),
            ("ASHLAR_LOG_LEVEL", "LOUD"),
            ("DATABASE_URL", "mysql://db/ashlar"),
            ("DATABASE_URL", "postgresql://db:port/ashlar"),
            ("DATABASE_URL", "postgresql://db"),
            ("REDIS_URL", "http://cache"),
            ("REDIS_URL", "redis://cache:port/0"),
            ("REDIS_URL", "redis://cache/first"),
            ("REDIS_URL", "redis://"),
            ("MANAGEMENT_PORT", "8000"),
            ("WEB_ADMITTED", "13"),
            ("SIM_PROVIDER_URL", "nowhere"),
            ("DEFAULT_FROM_EMAIL", "nobody"),
            ("ASHLAR_ACCESS_TOKEN_PRIVATE_KEY", "not a key"),
            ("ASHLAR_ACCESS_TOKEN_PUBLIC_KEYS", "-----BEGIN CERTIFICATE-----"),
        ],
    )
    def test_are_refused_by_name_in_one_sentence(self, development: dict[str, str], name: str, value: str) -> None:
        with pytest.raises(ConfigurationError) as refusal:
            read_environment({**development, name: value})

        assert re.fullmatch(rf"{name} [^\n]+\.", str(refusal.value))

    def test_end_a_command_with_that_sentence_alone(self, tmp_path: Path) -> None:
        command = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), "check"],
            env={**os.environ, "ASHLAR_ENV": "prod", "ASHLAR_DATA_DIR": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )

        assert command.returncode == 2
        assert command.stdout == ""
        assert command.stderr == "ashlar: ASHLAR_ENV must be one of development, test, production, not 'prod'.\n"


class TestAnAbsentDatabase:
    def test_ends_a_command_with_one_sentence(self, tmp_path: Path) -> None:
        command = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), "migrate_contexts", "--check"],
            env={
                **os.environ,
                "DATABASE_URL": f"postgresql:///ashlar?host={tmp_path}",
                "ASHLAR_DATA_DIR": str(tmp_path),
            },
            capture_output=True,
            text=True,
            check=False,
        )

        assert command.returncode == 2
        assert command.stderr.startswith(
            "ashlar: a database does not answer (start `manage.py up`, or look at DATABASE_URL)"
        )
        assert command.stderr.count("\n") == 1
