"""What the shop stands on goes away while it is open: it answers what it can, and recovers by itself."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import httpx
import pytest

from shared_kernel.ids import encode_id, new_id
from tests.acceptance.ground import Ground, ground
from tests.acceptance.refusals import DOCUMENT, problem
from tests.acceptance.shopfront import Shopfront

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

# These have nothing to read there.
WITHOUT_DATABASE = {"/v1/.well-known/jwks.json", "/v1/meta/state-machines", "/v1/currencies"}
AT_ONCE = 16
# In seconds.
LEASE = 90


@pytest.fixture(scope="module")
def own_ground() -> Iterator[Ground]:
    with ground() as own:
        yield own


@pytest.fixture(scope="module")
def own_shop(own_ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shopfront]:
    shopfront = Shopfront(own_ground.stack, tmp_path_factory.mktemp("shopfront"))
    yield shopfront
    shopfront.close()


@contextmanager
def redis_stopped(own_ground: Ground) -> Iterator[None]:
    """Redis is stopped, and started again with its data."""
    own_ground.redis.stop()
    try:
        yield
    finally:
        own_ground.redis.start()


@contextmanager
def redis_frozen(own_ground: Ground) -> Iterator[None]:
    """Redis takes connections and answers nothing."""
    process = own_ground.redis.process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process.pid, signal.SIGCONT)


def await_confirmed(shopfront: Shopfront, order_id: str, seconds: float = 60) -> None:
    """Wait until an order is paid and confirmed."""
    shopfront.await_that(
        lambda: shopfront.order(order_id)["status"] == "confirmed",
        f"{order_id} is never confirmed: {shopfront.order(order_id)}",
        seconds=seconds,
    )


def requests(shopfront: Shopfront) -> list[tuple[str, str]]:
    """Method and path of each operation, with ids that nothing has."""
    found = []
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            url = path
            for parameter in operation.get("parameters", []):
                if parameter["in"] == "path":
                    prefix = parameter["schema"]["pattern"].removeprefix("^").partition("_")[0]
                    url = url.replace(f"{{{parameter['name']}}}", encode_id(prefix, new_id()))
            found.append((method.upper(), url))
    return found


class TestWithoutRedis:
    @pytest.mark.parametrize("outage", [redis_stopped, redis_frozen])
    def test_orders_are_taken_and_confirmed_afterwards(
        self, own_ground: Ground, own_shop: Shopfront, outage: object
    ) -> None:
        variant_id = own_shop.stock_up(20)
        before = own_shop.place(variant_id, token="sim_slow").json()["id"]

        with outage(own_ground):  # type: ignore[operator]
            placed = [own_shop.place(variant_id) for _ in range(5)]
            statuses = {own_shop.order(answer.json()["id"])["status"] for answer in placed}
            own_shop.await_that(lambda: own_ground.health("readyz")[1]["status"] == "degraded", "never degraded")
            readiness = own_ground.health("readyz")[0]

        assert [answer.status_code for answer in placed] == [201] * 5
        assert statuses == {"pending_payment"}
        assert readiness == 200
        for order_id in (before, *(answer.json()["id"] for answer in placed)):
            await_confirmed(own_shop, order_id)
        own_shop.await_that(own_ground.is_ready, "never ready again")


class TestWithoutPostgreSQL:
    def test_everything_is_unavailable_and_recovers_by_itself(self, own_ground: Ground, own_shop: Shopfront) -> None:
        variant_id = own_shop.stock_up(5)
        customer = own_shop.customer()
        under_way = own_shop.place(variant_id, token="sim_slow").json()["id"]
        key = str(new_id())

        def ask(method: str, path: str, headers: dict[str, str]) -> httpx.Response:
            return own_shop.http.request(
                method,
                path,
                json={} if method in {"POST", "PATCH", "PUT"} else None,
                headers={**headers, "Idempotency-Key": str(new_id())},
            )

        own_ground.postgres.stop()
        try:
            order = own_shop.place(variant_id, key=key)
            with ThreadPoolExecutor(AT_ONCE) as callers:
                asked = [
                    (path, callers.submit(ask, method, path, own_shop.staff if "/admin/" in path else customer))
                    for method, path in requests(own_shop)
                ]
                answers = [(path, answer.result()) for path, answer in asked]
            own_shop.await_that(lambda: own_ground.health("readyz")[0] == 503, "stays ready without its database")
            alive = own_ground.health("livez")
        finally:
            own_ground.postgres.start()

        assert alive[0] == 200
        for path, answer in [("/v1/orders", order), *answers]:
            if path in WITHOUT_DATABASE:
                assert answer.status_code in {200, 503}, path
                continue
            assert answer.status_code == 503, (path, answer.text)
            assert problem(answer)["code"] in {"service_unavailable", "overloaded"}
            assert int(answer.headers["Retry-After"]) >= 1
        own_shop.await_that(own_ground.is_ready, "never ready again")
        again = own_shop.place(variant_id, key=key)
        assert again.status_code == 201
        # What the worker had in hand is handed out anew when its lease of a minute and a half has run out.
        own_shop.advance(LEASE)
        for order_id in (under_way, again.json()["id"]):
            await_confirmed(own_shop, order_id)
        assert own_shop.availability(variant_id)["available"] == 3
        audit = own_shop.manage("audit", "--quiet-for", "0", check=False)
        assert audit.returncode == 0, audit.stdout


class TestWithoutTheProvider:
    def test_orders_wait_for_it(self, shopfront: Shopfront) -> None:
        variant_id = shopfront.stock_up(2)

        def tries(order_id: str) -> int:
            payment_id = shopfront.order(order_id)["payment"]["id"]
            payment = shopfront.get(f"/v1/admin/payments/{payment_id}", shopfront.staff).json()
            return sum(transaction["attempts"] for transaction in payment["transactions"])

        shopfront.stack.stop("sim")
        try:
            placed = [shopfront.place(variant_id) for _ in range(2)]
            assert [answer.status_code for answer in placed] == [201, 201]
            order_ids = [answer.json()["id"] for answer in placed]
            shopfront.await_that(lambda: all(tries(order_id) for order_id in order_ids), "nobody asks the provider")
            standing = [shopfront.order(order_id) for order_id in order_ids]
        finally:
            shopfront.stack.start("sim")

        assert {(order["status"], order["payment"]["status"]) for order in standing} == {
            ("pending_payment", "processing")
        }
        for order_id in order_ids:
            await_confirmed(shopfront, order_id, seconds=120)
