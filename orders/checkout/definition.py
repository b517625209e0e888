"""The form of a saga definition: states, what each sends or waits for, and where every answer leads."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

# The outcome of a wait that ended by its own timer.
TIME_UP = "time_up"


class Command(StrEnum):
    """What the saga may ask of other contexts; each may be repeated, because its effect is named by an id."""

    CREATE_PAYMENT = "create_payment"
    COMMIT_STOCK = "commit_stock"
    CAPTURE_PAYMENT = "capture_payment"
    GET_PAYMENT = "get_payment"
    RELEASE_STOCK = "release_stock"
    VOID_PAYMENT = "void_payment"
    REFUND_PAYMENT = "refund_payment"


class Effect(StrEnum):
    """The column that names the effect of a command: chosen and saved before the command is sent."""

    ORDER = "order_id"
    PAYMENT = "payment_id"
    CAPTURE = "capture_id"
    REFUND = "refund_id"


class Guard(StrEnum):
    """A question about the money of the saga's payment, answered by `Facts`."""

    FREE = "free"
    PAID = "paid"
    HOLDS_MONEY = "holds_money"
    RETURNED = "returned"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What the saga knows of its payment: the sums due, captured and refunded, in minor units."""

    has_payment: bool
    due: int
    captured: int
    refunded: int

    @property
    def free(self) -> bool:
        """There is nothing to pay."""
        return not self.has_payment

    @property
    def paid(self) -> bool:
        """All that is due was collected."""
        return self.captured >= self.due

    @property
    def holds_money(self) -> bool:
        """Some of the buyer's money is with us."""
        return self.captured > self.refunded

    @property
    def returned(self) -> bool:
        """Money was with us and all of it went back."""
        return 0 < self.captured <= self.refunded


@dataclass(frozen=True, kw_only=True)
class Arrow:
    """On any of these outcomes, if the guard holds, go there.

    An outcome is `done`, the code of a refusal, the status that a query found, the name of some news, or `time_up`.
    `order` is the command given to the order at the same moment, with `reason`; `message` goes to the buyer; `forgets`
    drops the name of an effect that is over, so that the next one gets a name of its own.
    """

    on: tuple[str, ...]
    to: str
    when: Guard | None = None
    order: str | None = None
    reason: str | None = None
    message: str | None = None
    forgets: Effect | None = None


@dataclass(frozen=True, kw_only=True)
class State:
    """One state: it sends a command, or waits for something by name, or is final.

    A command that was not answered is sent again, because its outcome is unknown; so is one that was refused with a
    code that has no arrow. `names` is the effect of the command; one that undoes names the very effect that it undoes.
    `time_up` comes after `patience` in a waiting state, at the end of the payment window where `windowed`.
    """

    name: str
    sends: Command | None = None
    names: Effect | None = None
    waits_for: str | None = None
    windowed: bool = False
    patience: timedelta | None = None
    arrows: tuple[Arrow, ...] = ()

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens here by itself."""
        return self.sends is None and self.waits_for is None

    def arrow(self, outcome: str, facts: Facts) -> Arrow | None:
        """The first arrow for this outcome whose guard holds; None means that the outcome changes nothing here."""
        for arrow in self.arrows:
            if outcome in arrow.on and (arrow.when is None or getattr(facts, arrow.when)):
                return arrow
        return None


class MalformedDefinition(ValueError):
    """A saga definition leads nowhere."""


@dataclass(frozen=True, kw_only=True)
class Definition:
    """One version of the saga: the rules by which the orders that began under it are carried to their end."""

    version: int
    initial: str
    initial_when_free: str
    states: tuple[State, ...]
    _by_name: dict[str, State] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_name = {state.name: state for state in self.states}
        object.__setattr__(self, "_by_name", by_name)
        targets = {arrow.to for state in self.states for arrow in state.arrows}
        unknown = {self.initial, self.initial_when_free, *targets} - set(by_name)
        if unknown or len(by_name) != len(self.states):
            raise MalformedDefinition(f"version {self.version} leads to {sorted(unknown)} or names a state twice")

    def state(self, name: str) -> State:
        """The state of this name.

        Raises:
            MalformedDefinition: this version has none.
        """
        try:
            return self._by_name[name]
        except KeyError:
            raise MalformedDefinition(f"version {self.version} has no state {name!r}") from None
