"""Everything Ashlar is told from outside, read once from the environment into one typed, frozen value."""

from __future__ import annotations

import os
from collections.abc import Mapping
from email.utils import parseaddr
from functools import cache
from pathlib import Path

from config.database.addresses import (
    PLATFORM,
    SIMULATOR,
    ContextDatabase,
    DatabaseAddress,
    derived_password,
    parse_address,
)
from config.development import DevelopmentSecrets, demo_password
from config.embedded.places import EmbeddedPlaces
from config.environment_values import (
    Capacity,
    Environment,
    Listeners,
    LogLevel,
    Mail,
    ProcessRole,
    Secrets,
    Simulator,
    Stage,
)
from config.signing_keys import TokenKeys, generate_private_key, read_keys
from config.topology import CONTEXTS
from config.variables import ConfigurationError, Variables, refuse_weak_secret, refuse_wrong_redis_url

ROOT = Path(__file__).resolve().parent.parent
DATABASE = "ashlar"
KEYS_IN_TURN = frozenset({"ASHLAR_ORDER_TOKEN_KEY", "ASHLAR_CURSOR_KEY"})
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")


@cache
def environment() -> Environment:
    """The configuration of this process, read at first use.

    Raises:
        ConfigurationError: a variable is missing or wrong.
    """
    return read_environment(os.environ)


def read_environment(values: Mapping[str, str]) -> Environment:
    """The configuration in `values`; development and test make up and keep the secrets that are missing.

    Raises:
        ConfigurationError: a variable is missing or wrong.
    """
    return _Reader(Variables(values)).read()


class _Reader:
    """One pass over the variables; the stage decides what may be left out."""

    def __init__(self, variables: Variables) -> None:
        self.variables = variables
        self.stage = variables.choice("ASHLAR_ENV", Stage, Stage.DEVELOPMENT)
        self.production = self.stage is Stage.PRODUCTION
        self.data_directory = Path(variables.text("ASHLAR_DATA_DIR", str(ROOT / ".ashlar"))).absolute()
        self.places = EmbeddedPlaces(self.data_directory)
        self.kept = DevelopmentSecrets(self.data_directory)

    def read(self) -> Environment:
        variables = self.variables
        contexts = self.contexts()
        base = self.base_address()
        listeners = self.listeners()
        redis_url = variables.secret("REDIS_URL")
        if redis_url is None and self.production:
            raise ConfigurationError("REDIS_URL is not set: production uses no embedded server.")
        if redis_url is not None:
            refuse_wrong_redis_url("REDIS_URL", redis_url)
        test_mode = variables.boolean("ASHLAR_TEST_MODE", default=self.stage is Stage.TEST)
        if test_mode and self.production:
            raise ConfigurationError(
                "ASHLAR_TEST_MODE is on, which production refuses: it lets callers move the clock."
            )
        return Environment(
            stage=self.stage,
            role=variables.choice("ASHLAR_ROLE", ProcessRole, ProcessRole.COMMAND),
            contexts=contexts,
            data_directory=self.data_directory,
            databases={alias: self.database(alias, base) for alias in (*contexts, PLATFORM)},
            embedded_postgres=variables.secret("DATABASE_URL") is None,
            behind_pooler=variables.boolean("ASHLAR_DATABASE_POOLER", default=False),
            redis_url=redis_url or self.places.redis_url,
            embedded_redis=redis_url is None,
            listeners=listeners,
            capacity=self.capacity(),
            secrets=Secrets(
                django=self.secret("SECRET_KEY"),
                order_token=self.secret("ASHLAR_ORDER_TOKEN_KEY"),
                cursor=self.secret("ASHLAR_CURSOR_KEY"),
            ),
            token_keys=self.token_keys(contexts),
            mail=self.mail(),
            simulator=self.simulator(listeners, base),
            test_mode=test_mode,
            docs_enabled=variables.boolean("ASHLAR_DOCS_ENABLED", default=not self.production),
            admin_enabled=variables.boolean("ASHLAR_ADMIN_ENABLED", default=not self.production),
            log_level=variables.choice("ASHLAR_LOG_LEVEL", LogLevel, LogLevel.INFO),
            demo_password=None if self.production else self.kept.get("demo password", demo_password),
        )

    def contexts(self) -> tuple[str, ...]:
        known = [context.name for context in CONTEXTS]
        wanted = self.variables.words("ASHLAR_CONTEXTS", tuple(known))
        for name in wanted:
            if name not in known:
                raise ConfigurationError(f"ASHLAR_CONTEXTS names {name!r}; the contexts are {', '.join(known)}.")
        if not wanted:
            raise ConfigurationError(f"ASHLAR_CONTEXTS names no context; the contexts are {', '.join(known)}.")
        return tuple(name for name in known if name in wanted)

    def secret(self, name: str) -> str:
        value = self.variables.secret(name)
        if value is None:
            if self.production:
                raise ConfigurationError(
                    f"{name} is not set: production needs it, from {name} or the file {name}_FILE."
                )
            return self.kept.get(name)
        if self.production:
            # Several keys, the first in use and the others still accepted: any of them opens the door.
            for key in value.split(",") if name in KEYS_IN_TURN else [value]:
                refuse_weak_secret(name, key)
        return value

    def base_address(self) -> DatabaseAddress:
        url = self.variables.secret("DATABASE_URL")
        if url is not None:
            return parse_address(url, variable="DATABASE_URL")
        if self.production:
            raise ConfigurationError("DATABASE_URL is not set: production uses no embedded server.")
        return self.places.superuser(DATABASE)

    def database(self, alias: str, base: DatabaseAddress) -> ContextDatabase:
        variable = f"{alias.upper()}_DATABASE_URL"
        own = self.variables.secret(variable)
        address = parse_address(own, variable=variable) if own else base
        app, owner = f"{alias}_app", f"{alias}_owner"
        if own and address.user not in {"", app}:
            raise ConfigurationError(f"{variable} must connect as {app}, not as {address.user}.")
        password = (own and address.password) or self.role_password(alias, "APP")
        if not password:
            raise ConfigurationError(
                f"{alias.upper()}_APP_PASSWORD is not set: production needs it, "
                "or ASHLAR_DATABASE_PASSWORD_KEY to derive it from."
            )
        admin = self.variables.secret(f"{alias.upper()}_ADMIN_DATABASE_URL")
        if admin is not None:
            bootstrap: DatabaseAddress | None = parse_address(admin, variable=f"{alias.upper()}_ADMIN_DATABASE_URL")
        else:
            bootstrap = base if base.user and address.same_database(base) else None
        return ContextDatabase(
            alias=alias,
            app=address.as_role(app, password),
            # An owner without a password can only migrate where the server asks for none.
            owner=address.as_role(owner, self.role_password(alias, "OWNER")),
            admin=bootstrap,
        )

    def role_password(self, alias: str, role: str) -> str:
        name = f"{alias.upper()}_{role}_PASSWORD"
        value = self.variables.secret(name)
        if value is not None:
            if self.production:
                refuse_weak_secret(name, value)
            return value
        if self.production and self.variables.secret("ASHLAR_DATABASE_PASSWORD_KEY") is None:
            return ""
        return derived_password(self.secret("ASHLAR_DATABASE_PASSWORD_KEY"), f"{alias}_{role.lower()}")

    def listeners(self) -> Listeners:
        variables = self.variables
        port = variables.integer("PORT", 8000, least=1, most=65533)
        management_port = variables.integer("MANAGEMENT_PORT", port + 1, least=1, most=65535)
        if management_port == port:
            raise ConfigurationError(f"MANAGEMENT_PORT is {port}, which is PORT already: choose another port.")
        hosts = variables.words("ASHLAR_ALLOWED_HOSTS", () if self.production else LOOPBACK_HOSTS)
        if not hosts:
            raise ConfigurationError(
                "ASHLAR_ALLOWED_HOSTS is not set: production needs the host names it is reached by."
            )
        if self.production and "*" in hosts:
            raise ConfigurationError("ASHLAR_ALLOWED_HOSTS is *, which production refuses: name the hosts.")
        return Listeners(
            host=variables.text("HOST", "127.0.0.1"),
            port=port,
            management_host=variables.text("MANAGEMENT_HOST", "127.0.0.1"),
            management_port=management_port,
            allowed_hosts=hosts,
            trusted_proxies=variables.integer("ASHLAR_TRUSTED_PROXIES", 0, least=0, most=10),
            forwarded_allow_ips=variables.text("FORWARDED_ALLOW_IPS", "127.0.0.1,::1"),
        )

    def capacity(self) -> Capacity:
        variables = self.variables
        threads = variables.integer("WEB_THREADS", 12, least=1, most=256)
        return Capacity(
            web_workers=variables.integer("WEB_WORKERS", 2, least=1, most=64),
            web_threads=threads,
            # More could never be at work, yet each would be given a connection of every context.
            admitted=variables.integer("WEB_ADMITTED", min(4, threads), least=1, most=threads),
            worker_processes=variables.integer("WORKER_PROCESSES", 2, least=1, most=64),
        )

    def token_keys(self, contexts: tuple[str, ...]) -> TokenKeys:
        private = self.variables.secret("ASHLAR_ACCESS_TOKEN_PRIVATE_KEY")
        public = self.variables.secret("ASHLAR_ACCESS_TOKEN_PUBLIC_KEYS")
        if private is None and "customers" in contexts:
            if self.production:
                raise ConfigurationError(
                    "ASHLAR_ACCESS_TOKEN_PRIVATE_KEY is not set: customers signs access tokens with it."
                )
            private = self.kept.get("ASHLAR_ACCESS_TOKEN_PRIVATE_KEY", generate_private_key) if public is None else None
        if private is None and public is None:
            if self.production:
                raise ConfigurationError(
                    "ASHLAR_ACCESS_TOKEN_PUBLIC_KEYS is not set: access tokens are verified with them."
                )
            private = self.kept.get("ASHLAR_ACCESS_TOKEN_PRIVATE_KEY", generate_private_key)
        return read_keys(private=private, public=public)

    def mail(self) -> Mail:
        variables = self.variables
        host = variables.optional("EMAIL_HOST")
        if host is None and self.production:
            raise ConfigurationError("EMAIL_HOST is not set: production sends its mail through it.")
        sender = variables.text("DEFAULT_FROM_EMAIL", "Ashlar <shop@localhost>")
        if "@" not in parseaddr(sender)[1]:
            raise ConfigurationError(f"DEFAULT_FROM_EMAIL must be like Shop <orders@example.com>, not {sender!r}.")
        return Mail(
            host=host,
            port=variables.integer("EMAIL_PORT", 587, least=1, most=65535),
            user=variables.text("EMAIL_HOST_USER", ""),
            password=variables.secret("EMAIL_HOST_PASSWORD") or "",
            use_tls=variables.boolean("EMAIL_USE_TLS", default=True),
            sender=sender,
        )

    def simulator(self, listeners: Listeners, base: DatabaseAddress) -> Simulator | None:
        url = self.variables.web_address("SIM_PROVIDER_URL")
        if url is None and self.production:
            return None
        port = self.variables.integer("SIM_PORT", listeners.port + 2, least=1, most=65535)
        own = self.variables.secret("SIM_DATABASE_URL")
        address = parse_address(own, variable="SIM_DATABASE_URL") if own else base
        password = (own and address.password) or self.role_password(SIMULATOR, "APP")
        return Simulator(
            url=url or f"http://127.0.0.1:{port}",
            secret=self.secret("SIM_PROVIDER_SECRET"),
            port=port,
            database=address.as_role(f"{SIMULATOR}_app", password),
            embedded=url is None,
        )
