"""Where the embedded servers of a data directory live: their data, and the short directory of their sockets."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from config.database.addresses import DatabaseAddress
from config.variables import ConfigurationError

SUPERUSER = "ashlar"
PORT = 5432
LONGEST_SOCKET_PATH = 107


@dataclass(frozen=True)
class EmbeddedPlaces:
    """Paths of the embedded servers; all follow from the data directory, so every process finds them without asking."""

    data_directory: Path

    @property
    def postgres_data(self) -> Path:
        """The PostgreSQL cluster."""
        return self.data_directory / "postgres"

    @property
    def redis_data(self) -> Path:
        """The append-only files of Redis."""
        return self.data_directory / "redis"

    @property
    def sockets(self) -> Path:
        """A directory below /tmp, because a socket path has at most 107 bytes and a data directory may be deep."""
        digest = hashlib.sha256(str(self.data_directory.resolve()).encode()).hexdigest()[:10]
        return Path("/tmp") / f"ashlar-{os.getuid()}-{digest}"  # noqa: S108 -- made with mode 0711 and checked for its owner

    @property
    def postgres_sockets(self) -> Path:
        """The private directory of PostgreSQL's socket; who may enter it is superuser."""
        return self.sockets / "pg"

    @property
    def redis_socket(self) -> Path:
        """The socket of Redis."""
        return self.sockets / "redis.sock"

    @property
    def redis_url(self) -> str:
        """The address of Redis for the Redis client."""
        return f"unix://{self.redis_socket}"

    def superuser(self, name: str) -> DatabaseAddress:
        """A database of the cluster, as its superuser."""
        return DatabaseAddress(host=str(self.postgres_sockets), port=PORT, name=name, user=SUPERUSER)

    def make_sockets(self) -> None:
        """Make the directory of sockets.

        Raises:
            ConfigurationError: somebody else made it first, which would hand them our connections.
        """
        self.sockets.mkdir(mode=0o711, parents=True, exist_ok=True)
        if self.sockets.is_symlink() or self.sockets.stat().st_uid != os.getuid():
            raise ConfigurationError(f"ASHLAR_DATA_DIR leads to {self.sockets}, which belongs to another user.")
