"""The account of the system PostgreSQL runs as: ours, or a powerless one when we are root, which it refuses to be."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from config.processes import wait_until
from config.variables import ConfigurationError

NAME = "ashlar_postgres"
SEARCHABLE = stat.S_IXOTH


@dataclass(frozen=True)
class Account:
    """Numbers of the account to switch to, None for staying who we are."""

    user: int | None = None
    group: int | None = None

    def own(self, path: Path) -> None:
        """Hand a path and all below it to the account."""
        if self.user is None or self.group is None:
            return
        for each in (path, *path.rglob("*")):
            os.chown(each, self.user, self.group, follow_symlinks=False)

    def reach(self, path: Path) -> None:
        """Let the account walk to a path: the directories above it become searchable, not readable, for others."""
        if self.user is None:
            return
        for parent in path.resolve().parents:
            mode = parent.stat().st_mode
            if not mode & SEARCHABLE:
                parent.chmod(mode | SEARCHABLE)


def postgres_account() -> Account:
    """The account to run PostgreSQL as, made when we are root and it is missing.

    Raises:
        ConfigurationError: we are root and the account cannot be made.
    """
    if os.getuid() != 0:
        return Account()
    if not _exists():
        made = subprocess.run(  # noqa: S603 -- fixed arguments
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME],  # noqa: S607 -- where it is differs by system
            capture_output=True,
            text=True,
            check=False,
        )
        # Another start may be adding it at this moment and hold the lock of the password file.
        if made.returncode != 0 and not wait_until(_exists, seconds=3):
            raise ConfigurationError(
                "DATABASE_URL is not set and PostgreSQL cannot be started as root: "
                f"the account {NAME} cannot be made ({made.stderr.strip()})."
            )
    entry = pwd.getpwnam(NAME)
    return Account(entry.pw_uid, entry.pw_gid)


def _exists() -> bool:
    try:
        pwd.getpwnam(NAME)
    except KeyError:
        return False
    return True
