"""A shop seen from outside: real processes, HTTP only, outcomes awaited on the API."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any, TypeVar

import httpx

from config.processes import wait_until
from shared_kernel.ids import new_id
from tests.stack import Stack

ROOT = Path(__file__).parents[2]
ADDRESS = {"name": "Ada Buyer", "line1": "Main Street 1", "city": "Berlin", "postal_code": "10115", "country": "DE"}
SETTLED = {"confirmed", "canceled", "expired"}
SCOPES = (
    "catalog:read catalog:write stock:read stock:write orders:read orders:write payments:read payments:write "
    "ledger:read customers:read events:read audit:read"
)

T = TypeVar("T")


class Shopfront:
    """Drives a running stack as its buyers and its staff would."""

    def __init__(self, stack: Stack, scratch: Path) -> None:
        self.stack = stack
        self._scratch = scratch
        self.http = httpx.Client(base_url=stack.url, timeout=30, limits=httpx.Limits(max_connections=100))
        self.staff = {"Authorization": f"Bearer {self._make_key()}"}
        self.manage("load_demo_catalog")
        self.await_that(lambda: self.get("/v1/admin/orders", self.staff).status_code == 200, "the key opens no door")

    def manage(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a command of the shop's operators."""
        environment = {**os.environ, **self.stack.variables}
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            env=environment,
            cwd=ROOT,
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0 or not check, f"{arguments}: {done.stdout}{done.stderr}"
        return done

    def get(self, path: str, headers: dict[str, str] | None = None, **query: str) -> httpx.Response:
        """Read something."""
        return self.http.get(path, params=query, headers=headers)

    def post(
        self, path: str, body: Any = None, headers: dict[str, str] | None = None, *, key: str | None = None
    ) -> httpx.Response:
        """Give a command, under a fresh key unless one is given."""
        all_headers = {**(headers or {}), "Idempotency-Key": key or str(new_id())}
        return self.http.post(path, json=body if body is not None else {}, headers=all_headers)

    def stock_up(self, units: int, *, price: int = 1999) -> str:
        """Offer a new product of one variant with so many units, and return the variant's id."""
        sku = f"sku-{new_id()}"
        sheet = self._scratch / f"{sku}.csv"
        sheet.write_text(
            f"handle,title,published,sku,price:EUR,stock:main\n{sku},Thing,true,{sku},{price / 100:.2f},{units}\n"
        )
        self.manage("import_catalog", str(sheet))
        [product] = self.get("/v1/products", handle=sku).json()["data"]
        return str(product["variants"][0]["id"])

    def order_body(self, variant_id: str, *, quantity: int = 1, token: str = "sim_ok") -> dict[str, Any]:
        """A guest's order of one line."""
        return {
            "currency": "EUR",
            "lines": [{"variant_id": variant_id, "quantity": quantity}],
            "email": "buyer@example.test",
            "shipping_address": ADDRESS,
            "payment_method": {"type": "card", "token": token},
        }

    def place(
        self, variant_id: str, *, quantity: int = 1, token: str = "sim_ok", key: str | None = None
    ) -> httpx.Response:
        """Place a guest's order."""
        return self.post("/v1/orders", self.order_body(variant_id, quantity=quantity, token=token), key=key)

    def order(self, order_id: str) -> dict[str, Any]:
        """An order as staff sees it."""
        answer = self.get(f"/v1/admin/orders/{order_id}", self.staff)
        assert answer.status_code == 200, answer.text
        document: dict[str, Any] = answer.json()
        return document

    def customer(self) -> dict[str, str]:
        """The credentials of a new customer who has logged in; good for ten minutes of the shop's clock."""
        person = {"email": f"{new_id()}@example.test", "password": "correct horse battery"}
        assert self.http.post("/v1/auth/register", json=person).status_code == 202
        tokens = self.http.post("/v1/auth/login", json=person).json()
        return {"Authorization": f"Bearer {tokens['access_token']}"}

    def advance(self, seconds: int) -> None:
        """Move the clock of the shop forward."""
        assert self.http.post("/v1/test/clock/advance", json={"seconds": seconds}).status_code == 200

    def availability(self, variant_id: str) -> dict[str, Any]:
        """How many units of a variant can be bought, and where."""
        document: dict[str, Any] = self.get(f"/v1/variants/{variant_id}/availability").json()
        return document

    def await_that(self, holds: Callable[[], bool], otherwise: str, *, seconds: float = 60) -> None:
        """Wait until the API shows it."""
        assert wait_until(holds, seconds=seconds), otherwise

    def history(self, order_id: str) -> str:
        """Everything staff can learn of an order, for the message of a failed test."""
        timeline = self.get(f"/v1/admin/orders/{order_id}/timeline", self.staff)
        payments = self.get("/v1/admin/payments", self.staff, order_id=order_id)
        return f"{self.order(order_id)}\n{timeline.text}\n{payments.text}"

    def audit(self) -> str:
        """Every finding of the audit, without waiting for orders to be quiet."""
        return self.manage("audit", "--quiet-for", "0", check=False).stdout

    def close(self) -> None:
        """Hang up."""
        self.http.close()

    def _make_key(self) -> str:
        return self.manage(
            "create_api_key", "--name", "acceptance", "--scopes", SCOPES.replace(" ", ",")
        ).stdout.strip()


def at_once(jobs: Sequence[Callable[[], T]]) -> list[T]:
    """Run all jobs, released together by a barrier, and return their answers in order."""
    barrier = Barrier(len(jobs))

    def released(job: Callable[[], T]) -> T:
        barrier.wait()
        return job()

    with ThreadPoolExecutor(len(jobs)) as threads:
        return list(threads.map(released, jobs))
