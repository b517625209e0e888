"""Reading of environment variables: each value typed, each refusal one sentence that names the variable."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

Choice = TypeVar("Choice", bound=StrEnum)

SHORTEST_SECRET = 32
FEWEST_DISTINCT_CHARACTERS = 8
PLACEHOLDERS = ("dev-", "change", "django-insecure", "example", "insecure", "password", "secret", "test")
TRUE_WORDS = frozenset({"1", "true", "yes", "on"})
FALSE_WORDS = frozenset({"0", "false", "no", "off"})


class ConfigurationError(Exception):
    """The configuration cannot be used; the message is one sentence for the operator and names the variable."""


class Variables:
    """Environment variables as typed values; an empty value counts as absent."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def optional(self, name: str) -> str | None:
        """The text of a variable, None when absent or empty."""
        return self._values.get(name, "").strip() or None

    def text(self, name: str, default: str) -> str:
        """The text of a variable, `default` when absent."""
        return self.optional(name) or default

    def required(self, name: str, why: str) -> str:
        """The text of a variable that must be there.

        Raises:
            ConfigurationError: it is absent.
        """
        value = self.optional(name)
        if value is None:
            raise ConfigurationError(f"{name} is not set: {why}.")
        return value

    def secret(self, name: str) -> str | None:
        """A secret from `NAME_FILE` (which wins; one trailing newline is dropped) or `NAME`, None when neither is set.

        Raises:
            ConfigurationError: the file cannot be read or holds nothing.
        """
        path = self.optional(f"{name}_FILE")
        if path is None:
            return self._values.get(name) or None
        try:
            content = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise ConfigurationError(f"{name}_FILE names {path}, which cannot be read: {reason}.") from error
        content = content.removesuffix("\n").removesuffix("\r")
        if not content:
            raise ConfigurationError(f"{name}_FILE names {path}, which is empty.")
        return content

    def integer(self, name: str, default: int, *, least: int, most: int) -> int:
        """A whole number between `least` and `most`.

        Raises:
            ConfigurationError: it is no whole number or out of range.
        """
        text = self.optional(name)
        if text is None:
            return default
        try:
            value = int(text)
        except ValueError:
            raise ConfigurationError(f"{name} must be a whole number, not {text!r}.") from None
        if not least <= value <= most:
            raise ConfigurationError(f"{name} must lie between {least} and {most}, not at {value}.")
        return value

    def boolean(self, name: str, *, default: bool) -> bool:
        """A yes or no.

        Raises:
            ConfigurationError: it is neither.
        """
        text = self.optional(name)
        if text is None:
            return default
        if text.lower() in TRUE_WORDS:
            return True
        if text.lower() in FALSE_WORDS:
            return False
        raise ConfigurationError(f"{name} must be true or false, not {text!r}.")

    def choice(self, name: str, kind: type[Choice], default: Choice) -> Choice:
        """One of the members of `kind`.

        Raises:
            ConfigurationError: it is none of them.
        """
        text = self.optional(name)
        if text is None:
            return default
        try:
            return kind(text)
        except ValueError:
            allowed = ", ".join(member.value for member in kind)
            raise ConfigurationError(f"{name} must be one of {allowed}, not {text!r}.") from None

    def web_address(self, name: str) -> str | None:
        """An `http://` or `https://` address without its closing slash, None when absent.

        Raises:
            ConfigurationError: it is no such address.
        """
        text = self.optional(name)
        if text is None:
            return None
        if not _is_address(text, schemes=("http", "https")):
            raise ConfigurationError(f"{name} must be an address like https://pay.example.com, not {text!r}.")
        return text.rstrip("/")

    def words(self, name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """A comma-separated list without its blanks."""
        text = self.optional(name)
        if text is None:
            return default
        return tuple(word.strip() for word in text.split(",") if word.strip())


def refuse_wrong_redis_url(name: str, url: str) -> None:
    """Refuse an address that no client of Redis could use; it may hold a password, so it is not repeated.

    Raises:
        ConfigurationError: it is none.
    """
    if url.startswith("unix:///"):
        return
    database = urlsplit(url).path.strip("/")
    if not _is_address(url, schemes=("redis", "rediss")) or not (database.isdecimal() or not database):
        raise ConfigurationError(
            f"{name} must be a redis://, rediss:// or unix:/// address, as in redis://host:6379/0."
        )


def _is_address(text: str, *, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def refuse_weak_secret(name: str, value: str) -> None:
    """Refuse a secret that somebody could guess or that was copied from a development machine.

    Raises:
        ConfigurationError: it is short, repetitive or a placeholder.
    """
    if len(value) < SHORTEST_SECRET:
        raise ConfigurationError(f"{name} must have at least {SHORTEST_SECRET} characters in production.")
    if len(set(value)) < FEWEST_DISTINCT_CHARACTERS:
        raise ConfigurationError(f"{name} is too repetitive for production: take random characters.")
    if value.lower().startswith(PLACEHOLDERS):
        raise ConfigurationError(
            f"{name} is a default or placeholder value, which production refuses: take random characters."
        )
