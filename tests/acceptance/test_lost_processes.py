"""Processes are killed while orders are placed: what was answered is kept, and everything settles after the restart."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

import httpx
import pytest

from config.processes import wait_until
from shared_kernel.ids import new_id
from tests.acceptance.shopfront import Shopfront
from tests.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ORDERS = 200
BUYERS = 6
# Every so-manieth card is declined: its order stays payable, waiting by name.
DECLINED = 10
WAITS = ("pending_payment", "requires_payment_method")
DONE = ("confirmed", "captured")


def place_stubbornly(shopfront: Shopfront, variant_id: str, token: str) -> str:
    """Place one order with one key, again after every lost connection or busy answer, as a client is told to."""
    key = str(new_id())
    while True:
        try:
            answer = shopfront.place(variant_id, token=token, key=key)
        except httpx.TransportError:
            time.sleep(0.1)
            continue
        if answer.status_code == 503 or answer.json().get("code") == "request_in_progress":
            time.sleep(float(answer.headers["Retry-After"]))
            continue
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])


def kill_a_child(stack: Stack, name: str) -> None:
    """Kill one of the processes that `name` has forked, as soon as it has."""
    parent = stack.processes[name].pid
    children = Path(f"/proc/{parent}/task/{parent}/children")
    assert wait_until(lambda: bool(children.read_text()), seconds=60), f"{name} forks no process"
    os.kill(int(children.read_text().split()[0]), signal.SIGKILL)


def lose(stack: Stack, name: str) -> None:
    """Kill a whole process and start it anew."""
    stack.kill(name)
    stack.start(name)


class TestLostProcesses:
    def test_lose_nothing_and_do_nothing_twice(self, shopfront: Shopfront) -> None:
        stack = shopfront.stack
        variant_id = shopfront.stock_up(ORDERS)
        # The child of the worker first: a pool that loses one while it starts gives up, and nobody restarts it here.
        deeds = {
            ORDERS // 5: lambda: kill_a_child(stack, "worker"),
            2 * ORDERS // 5: lambda: lose(stack, "relay"),
            3 * ORDERS // 5: lambda: kill_a_child(stack, "web"),
            4 * ORDERS // 5: lambda: lose(stack, "worker"),
        }

        with ThreadPoolExecutor(BUYERS) as buyers:
            tokens = ["sim_declined" if number % DECLINED == 0 else "sim_ok" for number in range(ORDERS)]
            orders = [buyers.submit(place_stubbornly, shopfront, variant_id, token) for token in tokens]
            # Here and not in a buyer's thread: a process started by a thread would end with it.
            for placed, _ in enumerate(as_completed(orders), start=1):
                deeds.get(placed, lambda: None)()
        order_ids = [order.result() for order in orders]

        assert len(set(order_ids)) == ORDERS
        for token, order_id in zip(tokens, order_ids, strict=True):
            settled = WAITS if token == "sim_declined" else DONE
            if not wait_until(lambda: standing(shopfront, order_id) == settled, seconds=180):  # noqa: B023 - called here
                pytest.fail(f"{order_id} did not settle: {shopfront.history(order_id)}\n{stack.log('relay')[-4000:]}")
        availability = shopfront.availability(variant_id)
        assert availability["available"] == 0
        audit = shopfront.manage("audit", "--quiet-for", "0", check=False)
        assert audit.returncode == 0, audit.stdout


def standing(shopfront: Shopfront, order_id: str) -> tuple[str, str]:
    """The status of an order and of its payment."""
    order = shopfront.order(order_id)
    return order["status"], order["payment"]["status"]
