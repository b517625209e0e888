"""Schemathesis reads the OpenAPI document and tries everything it says, as each kind of caller."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance import known_ids
from tests.acceptance.refusals import DOCUMENT
from tests.acceptance.shopfront import ROOT, Shopfront

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
SEED = 20261
EXAMPLES = 6
OPERATIONS = sum(len(methods) for methods in DOCUMENT["paths"].values())

SETTINGS = f"""
seed = {SEED}
color = false
warnings = false
continue-on-failure = true

[generation]
max-examples = {EXAMPLES}
no-shrink = true
database = "none"

[auth]
auto-signup = false

# The answer to a method that a path lacks is the same for all of them.
[phases.coverage]
unexpected-methods = ["DELETE", "TRACE"]

[phases.stateful]
enabled = false

# A value may fit its schema and still name nothing (a cursor, a location), contradict another one, or be a float, which
# JSON Schema takes for an integer when it is whole and Ashlar does not.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 412, 422, 428, 503]

# A refusal is a refusal, whichever of its faults a request is refused for.
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 411, 412, 413, 414, 415, 422, 428, 431]
"""


@dataclass(frozen=True)
class Caller:
    """Who calls, and the ids that mean something to them, by prefix."""

    headers: dict[str, str]
    ids: dict[str, str]


@pytest.fixture(scope="module")
def callers(shopfront: Shopfront) -> dict[str, Caller]:
    """Each with orders of their own that are paid, so that there is something to see and to command."""
    variant_id = shopfront.stock_up(1_000_000)
    product_id = shopfront.get(f"/v1/variants/{variant_id}").json()["product_id"]
    customer = shopfront.customer()

    def order(headers: dict[str, str]) -> dict[str, str]:
        body = shopfront.order_body(variant_id)
        if headers:
            del body["email"]
        order_id = str(shopfront.post("/v1/orders", body, headers).json()["id"])
        shopfront.await_that(lambda: shopfront.order(order_id)["status"] == "confirmed", "never confirmed")
        return {"ord": order_id, "pay": shopfront.order(order_id)["payment"]["id"]}

    def first(path: str, **query: str) -> dict[str, Any]:
        document: dict[str, Any] = shopfront.get(path, shopfront.staff, **query).json()["data"][0]
        return document

    catalog = {"var": variant_id, "prd": product_id}
    # Paid apart from the order that is bound to be canceled soon.
    paid = order({})
    partly = {"amount": {"amount": 1, "currency": "EUR"}, "reason": "requested_by_customer"}
    refund = shopfront.post(f"/v1/admin/payments/{paid['pay']}/refunds", partly, shopfront.staff).json()
    level = first("/v1/admin/stock-levels", variant_id=variant_id)
    known = {
        **catalog,
        "ord": order({})["ord"],
        "pay": paid["pay"],
        "ref": refund["id"],
        "lvl": level["id"],
        "loc": level["location_id"],
        "res": first("/v1/admin/reservations")["id"],
        "cus": first("/v1/admin/customers")["id"],
    }
    return {
        "anonymous": Caller({}, catalog),
        "customer": Caller(customer, catalog | order(customer)),
        "service": Caller(shopfront.staff, known),
    }


class TestTheDocument:
    @pytest.mark.parametrize("name", ["anonymous", "customer", "service"])
    def test_tells_what_is_answered_to(
        self, shopfront: Shopfront, callers: dict[str, Caller], tmp_path: Path, name: str
    ) -> None:
        caller = callers[name]
        settings = tmp_path / "schemathesis.toml"
        settings.write_text(SETTINGS)
        headers = [part for item in caller.headers.items() for part in ("--header", ": ".join(item))]

        run = subprocess.run(
            [
                *(str(SCHEMATHESIS), "--config-file", str(settings), "run", f"{shopfront.stack.url}/v1/openapi.json"),
                *("--report", "json", "--report-json-path", "report.json", *headers),
            ],
            cwd=tmp_path,
            env={
                "PATH": os.defpath,
                "PYTHONPATH": str(ROOT),
                "SCHEMATHESIS_HOOKS": known_ids.__name__,
                known_ids.VARIABLE: json.dumps(caller.ids),
                known_ids.SEED_VARIABLE: str(SEED),
            },
            check=False,
            capture_output=True,
            text=True,
        )

        assert run.returncode == 0, run.stdout[-20_000:] + run.stderr[-2_000:]
        report: dict[str, Any] = json.loads((tmp_path / "report.json").read_text())
        assert (report["operations"]["tested"], report["errors"]) == (OPERATIONS, [])
