"""What production serves, refuses and says in its headers, asked of a process with production's settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from config.environment import ROOT
from config.signing_keys import generate_private_key

HOST = "shop.example.com"
ASK = """
import json, sys, django
django.setup()
from django.test import Client
answers = []
for question in json.load(sys.stdin):
    client = Client(raise_request_exception=False)
    answer = client.generic(**question)
    cookies = {name: {"secure": c["secure"], "httponly": c["httponly"], "samesite": c["samesite"]}
               for name, c in client.cookies.items()}
    answers.append({"status": answer.status_code, "headers": dict(answer.headers), "cookies": cookies,
                    "code": answer.json().get("code") if "problem" in answer.headers.get("Content-Type", "") else None})
with open(sys.argv[1], "w") as place:
    json.dump(answers, place)
"""
COMMON = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains; preload",
}
# Named by their meaning and not by their value, which differs from request to request.
CHANGING = {"X-Request-Id", "traceparent", "Content-Length", "ETag", "RateLimit"}


def secret(seed: str) -> str:
    return f"{seed}-Zk3vN8qLw0xT5rYb7uHd2mJc9fGs4aPe"


def production(data: Path, **more: str) -> dict[str, str]:
    """The environment of a production process that reaches neither database nor Redis."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {
        **kept,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "ASHLAR_ENV": "production",
        "ASHLAR_ROLE": "web",
        "ASHLAR_DATA_DIR": str(data),
        "ASHLAR_ALLOWED_HOSTS": HOST,
        "DATABASE_URL": "postgresql://127.0.0.1:1/ashlar",
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "SECRET_KEY": secret("a"),
        "ASHLAR_DATABASE_PASSWORD_KEY": secret("b"),
        "ASHLAR_ORDER_TOKEN_KEY": secret("c"),
        "ASHLAR_CURSOR_KEY": secret("d"),
        "ASHLAR_ACCESS_TOKEN_PRIVATE_KEY": generate_private_key(),
        "EMAIL_HOST": "smtp.internal",
        **more,
    }


def question(path: str, method: str = "GET", *, secure: bool = True, **headers: str) -> dict[str, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"method": method, "path": path, "secure": secure, "headers": {"host": HOST, **named}}


def ask(data: Path, *questions: dict[str, Any], **variables: str) -> list[dict[str, Any]]:
    """The answers of a fresh process to these questions."""
    done = subprocess.run(
        [sys.executable, "-c", ASK, str(data / "answers")],
        env=production(data, **variables),
        cwd=ROOT,
        input=json.dumps(questions),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert secret("a") not in done.stdout + done.stderr
    answers: list[dict[str, Any]] = json.loads((data / "answers").read_text())
    return answers


def plain(headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in CHANGING}


CLOSED = ["/docs", "/docs/start.js", "/v1/openapi.json", "/admin/", "/admin/login/", "/v1/test/clock/advance", "/livez",
          "/readyz", "/metrics", "/internal/v1/orders", "/.env", "/debug"]  # fmt: skip
EVIL = "https://evil.example"
OPEN = {
    "public": question("/v1/meta/state-machines"),
    "private": question("/v1/me"),
    "moved": question("/v1/products", secure=False),
    "foreign": question("/v1/me", "OPTIONS", origin=EVIL, access_control_request_method="GET"),
    "elsewhere": question("/v1/products", host="evil.example"),
    "static": question("/static/admin/css/base.css", origin=EVIL),
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What one production process answers to everything that is asked here."""
    questions = {**OPEN, **{path: question(path) for path in CLOSED}}
    questions |= {f"POST {path}": question(path, "POST") for path in CLOSED}
    return dict(zip(questions, ask(tmp_path_factory.mktemp("data"), *questions.values()), strict=True))


@pytest.mark.parametrize("path", CLOSED)
def test_production_shows_no_more_than_the_shop(answers: dict[str, dict[str, Any]], path: str) -> None:
    assert (answers[path]["status"], answers[path]["code"]) == (404, "not_found")
    assert answers[f"POST {path}"]["status"] in {404, 405}


def test_production_says_exactly_this_in_its_headers(answers: dict[str, dict[str, Any]]) -> None:
    public, private, moved, elsewhere = (answers[name] for name in ("public", "private", "moved", "elsewhere"))

    assert plain(public["headers"]) == {
        **COMMON,
        "Content-Type": "application/json",
        "Allow": "GET, HEAD",
        "Cache-Control": "no-cache",
        "RateLimit-Policy": '"anonymous";q=120;w=60',
    }
    assert private["status"] == 401
    assert plain(private["headers"]) == {
        **COMMON,
        "Content-Type": "application/problem+json",
        "Allow": "GET, PATCH, HEAD",
        "Cache-Control": "no-store",
        "RateLimit-Policy": '"anonymous";q=120;w=60',
        "WWW-Authenticate": 'Bearer realm="ashlar"',
    }
    assert (moved["status"], moved["headers"]["Location"]) == (301, f"https://{HOST}/v1/products")
    assert (elsewhere["status"], elsewhere["code"]) == (400, "malformed_request")
    for answer in answers.values():
        assert not {name for name in answer["headers"] if name.lower().startswith("access-control-")}
        assert answer["cookies"] == {}


def test_production_gives_the_cookies_of_its_admin_to_https_only(tmp_path: Path) -> None:
    [page] = ask(tmp_path, question("/admin/login/"), ASHLAR_ADMIN_ENABLED="true")

    assert page["status"] == 200
    assert "frame-ancestors 'none'" in page["headers"]["Content-Security-Policy"]
    assert "unsafe-inline'; script" not in page["headers"]["Content-Security-Policy"]
    assert {name: cookie["secure"] for name, cookie in page["cookies"].items()} == {"ashlar_admin_csrf": True}


@pytest.mark.parametrize("name", ["SECRET_KEY", "ASHLAR_DATABASE_PASSWORD_KEY", "ASHLAR_ORDER_TOKEN_KEY"])
def test_production_does_not_repeat_a_secret_that_it_refuses(tmp_path: Path, name: str) -> None:
    weak = "change-me-Q7x2"

    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "check"],
        env=production(tmp_path, **{name: weak}),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode != 0
    assert name in done.stderr
    assert weak not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
