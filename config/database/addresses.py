"""Where each context's database is, and as which of its two roles one connects."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlencode

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from config.variables import ConfigurationError

PLATFORM = "platform"
SIMULATOR = "sim"


@dataclass(frozen=True, kw_only=True)
class DatabaseAddress:
    """One database as one role; `host` may be the directory of a Unix socket."""

    host: str
    port: int
    name: str
    user: str
    password: str = field(default="", repr=False)
    parameters: Mapping[str, str] = field(default_factory=dict)

    def as_role(self, user: str, password: str) -> DatabaseAddress:
        """The same database, seen by another role."""
        return replace(self, user=user, password=password)

    def named(self, name: str) -> DatabaseAddress:
        """Another database of the same server, as the same role."""
        return replace(self, name=name)

    def same_database(self, other: DatabaseAddress) -> bool:
        """Whether both lead to one database of one server."""
        return (self.host, self.port, self.name) == (other.host, other.port, other.name)

    @property
    def conninfo(self) -> str:
        """The libpq connection string, password included."""
        return make_conninfo(
            host=self.host,
            port=self.port,
            dbname=self.name,
            user=self.user,
            password=self.password or None,
            **self.parameters,
        )

    @property
    def url(self) -> str:
        """The `postgresql://` URL, password included."""
        query = urlencode({"host": self.host, "port": str(self.port), **self.parameters})
        user, password, name = (quote(part, safe="") for part in (self.user, self.password, self.name))
        return f"postgresql://{user}:{password}@/{name}?{query}"

    @property
    def over_socket(self) -> bool:
        """Whether the host is a directory of a Unix socket."""
        return self.host.startswith("/")


@dataclass(frozen=True, kw_only=True)
class ContextDatabase:
    """The database of one context: `app` serves, `owner` migrates, `admin` bootstraps (None where nobody may)."""

    alias: str
    app: DatabaseAddress
    owner: DatabaseAddress
    admin: DatabaseAddress | None


def parse_address(text: str, *, variable: str) -> DatabaseAddress:
    """The address in a `postgresql://` URL; one without a host means the local socket or loopback, as for libpq.

    Raises:
        ConfigurationError: it is no such URL, or names no database.
    """
    if not text.startswith(("postgresql://", "postgres://")):
        raise ConfigurationError(f"{variable} must be a postgresql:// address.")
    try:
        parts = {key: str(value) for key, value in conninfo_to_dict(text).items() if value is not None}
        port = int(parts.pop("port", "5432"))
    except (ProgrammingError, ValueError):
        raise ConfigurationError(f"{variable} cannot be read as a postgresql:// address.") from None
    name = parts.pop("dbname", "")
    if not name:
        raise ConfigurationError(f"{variable} must name a database, as in postgresql://host/ashlar.")
    return DatabaseAddress(
        host=parts.pop("host", "localhost"),
        port=port,
        name=name,
        user=parts.pop("user", ""),
        password=parts.pop("password", ""),
        parameters=parts,
    )


def derived_password(key: str, role: str) -> str:
    """The password of a role, derived from one secret key."""
    return hmac.new(key.encode(), f"ashlar-role:{role}".encode(), hashlib.sha256).hexdigest()
