"""State machines as data: which command leads from which state to which, and who may give it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from shared_kernel.errors import InvalidStateTransition


@dataclass(frozen=True, kw_only=True)
class Transition:
    """One arrow: `command`, given by a kind of principal in `actors`, leads from any of `sources` to `target`."""

    command: str
    sources: tuple[str, ...]
    target: str
    actors: tuple[str, ...] = ("system",)


@dataclass(frozen=True, kw_only=True)
class StateMachine:
    """The life of one resource."""

    resource: str
    initial: str
    transitions: tuple[Transition, ...]

    @property
    def states(self) -> list[str]:
        """Every state, in the order in which the transitions name them."""
        names = [self.initial]
        for transition in self.transitions:
            names += [*transition.sources, transition.target]
        return list(dict.fromkeys(names))

    def target(self, state: str, command: str) -> str:
        """Where `command` leads from `state`.

        Raises:
            InvalidStateTransition: the machine has no such arrow.
        """
        for transition in self.transitions:
            if transition.command == command and state in transition.sources:
                return transition.target
        raise InvalidStateTransition(
            resource=self.resource, state=state, command=command, allowed_commands=self.commands(state)
        )

    def is_done(self, state: str, command: str) -> bool:
        """Whether `state` is where `command` leads, so that repeating it changes nothing."""
        return any(arrow.command == command and arrow.target == state for arrow in self.transitions)

    def commands(self, state: str, actors: Iterable[str] | None = None) -> list[str]:
        """The commands that are legal in `state`, for these actors or for any."""
        wanted = None if actors is None else set(actors)
        return list(
            dict.fromkeys(
                arrow.command
                for arrow in self.transitions
                if state in arrow.sources and (wanted is None or wanted.intersection(arrow.actors))
            )
        )
