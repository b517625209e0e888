"""The shape of the configuration: typed, frozen values; secrets stay out of their repr."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from config.database.addresses import ContextDatabase, DatabaseAddress
from config.embedded.places import EmbeddedPlaces
from config.signing_keys import TokenKeys


class Stage(StrEnum):
    """What the process is for; only production is strict."""

    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


class ProcessRole(StrEnum):
    """Which of the processes this is; `command` is any other management command."""

    WEB = "web"
    RELAY = "relay"
    WORKER = "worker"
    COMMAND = "command"


class LogLevel(StrEnum):
    """How much is logged."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


@dataclass(frozen=True, kw_only=True)
class Mail:
    """The mail server; without a host mail is written to the console (or kept in memory by tests)."""

    host: str | None
    port: int
    user: str
    password: str = field(repr=False)
    use_tls: bool
    sender: str


@dataclass(frozen=True, kw_only=True)
class Simulator:
    """The payment provider `sim`: where it answers, the secret shared with it, and its own database role.

    `embedded` says that `up` starts it here.
    """

    url: str
    secret: str = field(repr=False)
    port: int
    database: DatabaseAddress
    embedded: bool


@dataclass(frozen=True, kw_only=True)
class Listeners:
    """Addresses to listen on, and how the outside names and reaches us."""

    host: str
    port: int
    management_host: str
    management_port: int
    allowed_hosts: tuple[str, ...]
    trusted_proxies: int
    forwarded_allow_ips: str


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """Sizes of the processes; `admitted` requests work at once and as many wait, the rest is turned away."""

    web_workers: int
    web_threads: int
    admitted: int
    worker_processes: int


@dataclass(frozen=True, kw_only=True)
class Secrets:
    """Keys that several processes share."""

    django: str = field(repr=False)
    order_token: str = field(repr=False)
    cursor: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Environment:
    """The whole configuration of this process."""

    stage: Stage
    role: ProcessRole
    contexts: tuple[str, ...]
    data_directory: Path
    databases: Mapping[str, ContextDatabase]
    embedded_postgres: bool
    behind_pooler: bool
    redis_url: str = field(repr=False)
    embedded_redis: bool
    listeners: Listeners
    capacity: Capacity
    secrets: Secrets
    token_keys: TokenKeys
    mail: Mail
    simulator: Simulator | None
    test_mode: bool
    docs_enabled: bool
    admin_enabled: bool
    log_level: LogLevel
    demo_password: str | None = field(repr=False)

    @property
    def production(self) -> bool:
        """Whether the strict rules of production hold."""
        return self.stage is Stage.PRODUCTION

    @property
    def places(self) -> EmbeddedPlaces:
        """Where embedded servers live, if there are any."""
        return EmbeddedPlaces(self.data_directory)
