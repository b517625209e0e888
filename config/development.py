"""Secrets of a development machine: made up once, kept in the data directory, refused by production."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from config.variables import ConfigurationError

MARK = "dev-"


def random_secret() -> str:
    """A fresh secret, marked so that production refuses a copy of it."""
    return MARK + secrets.token_urlsafe(32)


def demo_password() -> str:
    """A password short enough to be typed off the screen."""
    return MARK + secrets.token_hex(6)


class DevelopmentSecrets:
    """A file of named secrets below the data directory; a name that is missing is made up and kept."""

    def __init__(self, data_directory: Path) -> None:
        self._path = data_directory / "secrets.json"

    def get(self, name: str, make: Callable[[], str] = random_secret) -> str:
        """The kept secret of this name, made up by `make` at first use.

        Raises:
            ConfigurationError: the data directory cannot be written.
        """
        known = self._read()
        if name in known:
            return known[name]
        try:
            return self._add(name, make)
        except OSError as error:
            raise ConfigurationError(
                f"ASHLAR_DATA_DIR is {self._path.parent}, which cannot be written: {error.strerror}."
            ) from error

    def _read(self) -> dict[str, str]:
        try:
            content: dict[str, str] = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                f"ASHLAR_DATA_DIR holds {self._path.name}, which cannot be read: {error}."
            ) from error
        return content

    def _add(self, name: str, make: Callable[[], str]) -> str:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.with_suffix(".lock").open("w") as lock:
            # Several processes start at once; the one that comes first decides.
            fcntl.flock(lock, fcntl.LOCK_EX)
            known = self._read()
            if name not in known:
                known[name] = make()
                draft = self._path.with_suffix(".draft")
                descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                    json.dump(known, stream, indent=2)
                draft.replace(self._path)
        return known[name]
