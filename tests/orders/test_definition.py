from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orders.checkout.definition import Arrow, Definition, Guard, MalformedDefinition, State
from orders.checkout.version_1 import BACKWARD, FORWARD, VERSION_1
from orders.policies import ORDER_MACHINE
from tests.orders.world import DUE, World


class TestTheDefinition:
    def test_names_an_effect_for_every_command(self) -> None:
        assert [state.name for state in VERSION_1.states if (state.sends is None) != (state.names is None)] == []

    def test_reaches_every_state(self) -> None:
        reached = {VERSION_1.initial, VERSION_1.initial_when_free}
        while True:
            further = {arrow.to for name in reached for arrow in VERSION_1.state(name).arrows}
            if further <= reached:
                break
            reached |= further

        assert reached == {state.name for state in VERSION_1.states}

    def test_can_be_canceled_wherever_the_order_still_can(self) -> None:
        deaf = [state.name for state in FORWARD if not any("order_canceled" in arrow.on for arrow in state.arrows)]

        assert deaf == []

    def test_gives_the_order_no_command_on_the_way_back(self) -> None:
        assert [arrow for state in BACKWARD for arrow in state.arrows if arrow.order] == []

    def test_gives_the_order_only_commands_it_knows(self) -> None:
        given = {arrow.order for state in FORWARD for arrow in state.arrows if arrow.order}

        assert given <= {transition.command for transition in ORDER_MACHINE.transitions}

    def test_has_a_way_on_from_every_waiting_state(self) -> None:
        stuck = [state.name for state in VERSION_1.states if state.waits_for and not state.arrows]

        assert stuck == []

    def test_refuses_arrows_that_lead_nowhere(self) -> None:
        with pytest.raises(MalformedDefinition, match="nirvana"):
            Definition(
                version=9,
                initial="here",
                initial_when_free="here",
                states=(State(name="here", arrows=(Arrow(on=("done",), to="nirvana"),)),),
            )

    def test_follows_the_first_arrow_whose_guard_holds(self) -> None:
        world = World(VERSION_1, captured=DUE)
        state = VERSION_1.state("committing_stock")

        arrow = state.arrow("done", world.facts)

        assert arrow is not None
        assert (arrow.when, arrow.to) == (Guard.PAID, "confirmed")


# What may happen next, more often what usually does.
HAPPENINGS: dict[str, tuple[int, Callable[[World], None]]] = {
    "the driver drives": (6, World.drive),
    "the driver drives and the answer is lost": (1, partial(World.drive, answer_lost=True)),
    "the provider agrees": (6, partial(World.provider_decides, agrees=True)),
    "the provider refuses": (1, partial(World.provider_decides, agrees=False)),
    "news arrive": (6, World.deliver),
    "the buyer cancels": (1, World.cancel),
    "the buyer pays again": (2, World.pay_again),
    "a timer runs out": (1, World.wait_long),
    "staff refund a part": (1, World.staff_refunds),
    "the window ends": (1, World.close_window),
    "the stock expires": (1, World.expire_stock),
}
NAMES = [name for name, (weight, _) in HAPPENINGS.items() for _ in range(weight)]


class TestInAnUnkindWorld:
    @settings(max_examples=500, deadline=None)
    @given(st.lists(st.sampled_from(NAMES), min_size=20, max_size=80))
    def test_money_stock_and_order_agree_in_the_end(self, story: list[str]) -> None:
        world = World(VERSION_1)

        for name in story:
            HAPPENINGS[name][1](world)
            world.must_be_sound()
        world.come_to_rest()

        world.must_be_sound()
        world.must_be_settled()

    def test_the_kind_way_takes_one_drive_per_command(self) -> None:
        world = World(VERSION_1)

        states = [world.state]
        while world.state != "confirmed":
            world.drive()
            world.provider_decides(agrees=True)
            world.deliver()
            states.append(world.state)

        assert states == ["creating_payment", "committing_stock", "capturing", "confirmed"]
