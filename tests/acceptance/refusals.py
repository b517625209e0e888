"""What every refusal looks like from outside, and a count of the rows that a refused request must not add."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from jsonschema import Draft202012Validator

from tests.acceptance.shopfront import Shopfront

DOCS = Path(__file__).parents[2] / "docs"
STATUS_OF_CODE = {
    code: int(status)
    for status, code in re.findall(r"^\| (\d{3}) \| `(\w+)` \|", (DOCS / "problems.md").read_text(), re.MULTILINE)
}
DOCUMENT: dict[str, Any] = json.loads((DOCS / "openapi.json").read_text())
PROBLEM: Any = Draft202012Validator({"$ref": "#/components/schemas/Problem", "components": DOCUMENT["components"]})
# Written by requests and by nothing else: what runs in the background changes rows of other tables.
TABLES = (
    "customers.customers_customer",
    "customers.customers_session",
    "inventory.inventory_reservation",
    "inventory.inventory_stockadjustment",
    "orders.idempotency_key",
    "orders.orders_order",
    "payments.payments_payment",
    "payments.payments_refund",
)


def refusal(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The problem document of a refusal, after a look at everything that every refusal has."""
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text[:1000]
    return problem(answer)


def problem(answer: httpx.Response) -> dict[str, Any]:
    """The problem document of whatever refusal this is."""
    assert answer.headers["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = answer.json()
    PROBLEM.validate(document)
    assert STATUS_OF_CODE[document["code"]] == document["status"] == answer.status_code
    assert document["request_id"] == answer.headers["X-Request-Id"]
    return document


def pointers(document: dict[str, Any]) -> set[tuple[str, str]]:
    """Which members or parameters a problem names, each with its code."""
    return {(error.get("pointer", error.get("parameter")), error["code"]) for error in document["errors"]}


@contextmanager
def nothing_written(shopfront: Shopfront, *, but: str = "") -> Iterator[None]:
    """Fail when the block leaves a row behind, in other tables than those named."""
    before = rows(shopfront, but)
    yield
    assert rows(shopfront, but) == before


def rows(shopfront: Shopfront, but: str) -> dict[str, int]:
    """How many rows there are in each table that requests write."""
    tables = [table for table in TABLES if table not in but.split()]
    counts = ", ".join(f"(SELECT count(*) FROM {table})" for table in tables)  # noqa: S608 -- our own names
    found = shopfront.stack.database.superuser().execute(f"SELECT {counts}".encode()).fetchone()
    assert found is not None
    return dict(zip(tables, found, strict=True))
