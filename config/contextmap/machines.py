"""The state machines of every context, as the data that clients are given."""

from __future__ import annotations

from dataclasses import asdict
from importlib import import_module
from typing import Any

from shared_kernel import contexts
from shared_kernel.state_machine import StateMachine


def machines_of(context: str) -> list[StateMachine]:
    """The state machines in the policies of a context, in order of resource."""
    policies = import_module(f"{context}.policies")
    found = {machine.resource: machine for machine in vars(policies).values() if isinstance(machine, StateMachine)}
    return [found[resource] for resource in sorted(found)]


def state_machines() -> list[dict[str, Any]]:
    """Every state machine as JSON-able data: context, resource, states and transitions."""
    return [
        {
            "context": context.name,
            "resource": machine.resource,
            "initial": machine.initial,
            "states": machine.states,
            "transitions": [asdict(transition) for transition in machine.transitions],
        }
        for context in contexts.known()
        for machine in machines_of(context.name)
    ]
