"""The steps of `manage.py verify`: the same for people, for pre-commit and for CI."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from config.environment import ROOT
from config.signing_keys import generate_private_key

EVERYTHING = ("-m", "slow or not slow")
# Each brings a database of its own; the server and Redis of a test run have room for these.
MOST_TEST_PROCESSES = 4


@dataclass(frozen=True, kw_only=True)
class Step:
    """One command; `environment` is added to ours, `fixing` runs instead where something may be changed."""

    name: str
    command: tuple[str, ...]
    fixing: tuple[str, ...] | None = None
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)


def quick_steps() -> Iterator[Step]:
    """Whatever needs no server: format, lint, types, imports, drift of generated files, the production check."""
    yield Step(name="format", command=(_tool("ruff"), "format", "--check", "."), fixing=(_tool("ruff"), "format", "."))
    yield Step(name="lint", command=(_tool("ruff"), "check", "."), fixing=(_tool("ruff"), "check", "--fix", "."))
    yield Step(name="types", command=(_tool("mypy"), "."))
    yield Step(name="imports", command=(_tool("lint-imports"), "--config", "importlinter.ini", "--no-logo"))
    yield Step(
        name="migrations",
        # Nothing is asked of a database; that none answers is the warning to leave out.
        command=_manage("makemigrations", "--check", "--dry-run", warnings="ignore::RuntimeWarning"),
        environment=_serverless(),
    )
    yield Step(
        name="context map",
        command=_manage("contextmap", "--check"),
        fixing=_manage("contextmap"),
        environment=_serverless(),
    )
    yield Step(
        name="OpenAPI document",
        command=_manage("openapi", "--check"),
        fixing=_manage("openapi", "--write"),
        environment=_serverless(),
    )
    yield Step(
        name="deployment",
        command=_manage("check", "--deploy", "--fail-level", "WARNING"),
        environment=_production(),
    )


def test_step(*, slow: bool) -> Step:
    """The test suite, with its slow part or without; pytest starts the servers it needs by itself."""
    processes = min(os.cpu_count() or 1, MOST_TEST_PROCESSES)
    selected = EVERYTHING if slow else ()
    return Step(name="tests", command=(sys.executable, "-m", "pytest", "--numprocesses", str(processes), *selected))


def run(step: Step, *, fix: bool, say: Callable[[str], object]) -> bool:
    """Carry out one step in the project's folder; what it prints is shown only where it fails, except for the tests."""
    command = step.fixing if fix and step.fixing else step.command
    started = time.monotonic()
    done = subprocess.run(  # noqa: S603 - the commands are those above
        command,
        cwd=ROOT,
        env=_environment(step),
        stdin=subprocess.DEVNULL,
        stdout=None if step.name == "tests" else subprocess.PIPE,
        stderr=None if step.name == "tests" else subprocess.STDOUT,
        text=True,
        check=False,
    )
    passed = done.returncode == 0
    if not passed and done.stdout:
        say(done.stdout.rstrip())
    if step.name != "tests":
        say(f"{'ok' if passed else 'FAILED':<7}{step.name} ({time.monotonic() - started:.1f} s)")
    return passed


def _tool(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def _manage(*arguments: str, warnings: str = "default") -> tuple[str, ...]:
    return (sys.executable, "-W", warnings, "manage.py", *arguments)


def _environment(step: Step) -> dict[str, str]:
    # The parts load their own settings, and pytest must make its environment before anything does.
    inherited: dict[str, str] = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    return inherited | dict(step.environment)


def _serverless() -> dict[str, str]:
    return {
        "ASHLAR_ENV": "test",
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1",
    }


def _production() -> dict[str, str]:
    """A complete production configuration with secrets that nobody keeps."""
    drawn = ("SECRET_KEY", "ASHLAR_ORDER_TOKEN_KEY", "ASHLAR_CURSOR_KEY", "ASHLAR_DATABASE_PASSWORD_KEY")
    return {
        **_serverless(),
        **{name: secrets.token_urlsafe(48) for name in drawn},
        "ASHLAR_ENV": "production",
        "ASHLAR_ACCESS_TOKEN_PRIVATE_KEY": generate_private_key(),
        "ASHLAR_ALLOWED_HOSTS": "shop.example",
        "EMAIL_HOST": "mail.example",
    }
