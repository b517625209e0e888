"""State machines as data answer what is legal, and refuse the rest by name."""

from __future__ import annotations

import pytest

from shared_kernel.errors import InvalidStateTransition
from shared_kernel.state_machine import StateMachine, Transition

DOOR = StateMachine(
    resource="door",
    initial="open",
    transitions=(
        Transition(command="close", sources=("open",), target="closed", actors=("guest", "staff")),
        Transition(command="lock", sources=("closed",), target="locked", actors=("staff",)),
        Transition(command="open", sources=("closed",), target="open", actors=("guest", "staff")),
    ),
)


class TestStateMachine:
    def test_follows_an_arrow(self) -> None:
        assert DOOR.target("open", "close") == "closed"

    def test_refuses_a_missing_arrow_and_names_the_legal_ones(self) -> None:
        with pytest.raises(InvalidStateTransition) as refusal:
            DOOR.target("open", "lock")

        assert refusal.value.allowed_commands == ["close"]
        assert refusal.value.message == "The door is open and cannot take the command lock."

    def test_knows_when_a_command_has_nothing_left_to_do(self) -> None:
        assert DOOR.is_done("closed", "close")
        assert not DOOR.is_done("open", "close")

    def test_lists_the_commands_of_an_actor(self) -> None:
        assert DOOR.commands("closed") == ["lock", "open"]
        assert DOOR.commands("closed", actors=["guest"]) == ["open"]

    def test_lists_its_states_in_order(self) -> None:
        assert DOOR.states == ["open", "closed", "locked"]
