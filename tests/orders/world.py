"""A tiny model of inventory, payments and a provider, to try a saga definition on without any of them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from orders.checkout.definition import Command, Definition, Effect, Facts, State

DUE = 100


@dataclass
class ModelPayment:
    """One payment as payments keeps it; `asked` is what the provider has still to decide."""

    number: int
    status: str = "processing"
    asked: str | None = "authorize"
    void_wanted: bool = False
    captured: int = 0
    refunded: int = 0
    asked_amount: int = 0
    seen: set[int] = field(default_factory=set)


@dataclass
class World:
    """One order in it: the saga's row, the order's status, what inventory and payments hold, and news on its way."""

    definition: Definition
    state: str = ""
    order: str = "pending_payment"
    stock: str = "held"
    window_open: bool = True
    payment: int | None = 1
    names: dict[Effect, int] = field(default_factory=dict)
    captured: int = 0
    refunded: int = 0
    payments: dict[int, ModelPayment] = field(default_factory=dict)
    news: deque[tuple[str, int, int, int]] = field(default_factory=deque)
    names_drawn: int = 0
    amounts: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._enter(self.definition.initial)

    @property
    def here(self) -> State:
        """The state of the saga."""
        return self.definition.state(self.state)

    @property
    def facts(self) -> Facts:
        """What the guards may ask."""
        return Facts(has_payment=True, due=DUE, captured=self.captured, refunded=self.refunded)

    @property
    def is_asked(self) -> bool:
        """Whether the provider has something to decide, or news are on their way."""
        return bool(self.news) or any(payment.asked for payment in self.payments.values())

    def outcome(self, name: str) -> bool:
        """Let an outcome take effect."""
        arrow = self.here.arrow(name, self.facts)
        if arrow is None:
            return False
        if arrow.order is not None:
            assert self.order == "pending_payment", f"{arrow.order} of an order that is {self.order}"
            self.order = {"confirm": "confirmed", "expire": "expired"}[arrow.order]
        if arrow.forgets is not None:
            self.names.pop(arrow.forgets, None)
        self._enter(arrow.to)
        return True

    def drive(self, *, answer_lost: bool = False) -> None:
        """Send the command of this state; its outcome counts unless the answer is lost."""
        if self.here.windowed and not self.window_open:
            self.outcome("time_up")
            return
        if self.here.sends is None:
            return
        answer = self._call(self.here.sends)
        if not answer_lost:
            self.outcome(answer)

    def wait_long(self) -> None:
        """Let the timer of a waiting state run out, if it has one."""
        if self.here.waits_for and (self.here.patience or (self.here.windowed and not self.window_open)):
            self.outcome("time_up")

    def cancel(self) -> None:
        """The buyer calls the order off."""
        if self.order in ("pending_payment", "confirmed"):
            self.order = "canceled"
            assert self.outcome("order_canceled"), f"cannot cancel from {self.state}"

    def pay_again(self) -> None:
        """The buyer pays by another card."""
        if self.here.waits_for == "another_payment" and self.window_open:
            self.payment = (self.payment or 0) + 1
            self.names.pop(Effect.CAPTURE, None)
            assert (self.captured, self.refunded) == (0, 0)
            self.outcome("payment_requested")

    def staff_refunds(self) -> None:
        """Somebody sends a part back behind the saga's back."""
        for payment in self.payments.values():
            if payment.captured - payment.refunded > 1 and payment.asked is None:
                payment.asked, payment.asked_amount = "refund", 1

    def close_window(self) -> None:
        """The time to pay is over."""
        self.window_open = False

    def come_to_rest(self) -> None:
        """Let all go well from here: the window ends, and staff look at what waits for them.

        Only a refund that somebody else's refund forestalled needs a timer besides.
        """
        for _ in range(30):
            self.drive()
            self.provider_decides(agrees=True)
            self.deliver()
        self.close_window()
        for _ in range(60):
            if self.here.windowed or (self.here.name == "awaiting_refund" and not self.is_asked):
                self.wait_long()
            if not self.news:
                self.outcome("return_requested")
            self.drive()
            self.provider_decides(agrees=True)
            self.deliver()

    def must_be_sound(self) -> None:
        """What holds at any moment."""
        assert sum(payment.captured for payment in self.payments.values()) <= DUE
        if self.order == "confirmed":
            assert (self.stock, self.captured) == ("committed", DUE)

    def must_be_settled(self) -> None:
        """What holds once nothing is on its way."""
        kept = sum(payment.captured - payment.refunded for payment in self.payments.values())
        if self.order == "confirmed":
            assert (self.state, self.stock, kept) == ("confirmed", "committed", DUE - self.refunded)
        else:
            assert self.order in ("canceled", "expired")
            assert (self.state, self.stock, kept) == ("closed", "released", 0)
        assert [payment for payment in self.payments.values() if payment.status == "authorized"] == []

    def expire_stock(self) -> None:
        """The hold runs out before it was committed."""
        if self.stock == "held" and not self.window_open:
            self.stock = "released"
            self.news.append(("reservation_expired", 0, 0, 0))

    def deliver(self) -> None:
        """Hand the oldest news to the saga."""
        if not self.news:
            return
        name, payment, captured, refunded = self.news.popleft()
        if payment not in (0, self.payment):
            return
        self.captured += captured
        self.refunded += refunded
        self.outcome(name)

    def provider_decides(self, *, agrees: bool) -> None:
        """The provider answers whatever it was asked first."""
        for payment in self.payments.values():
            if payment.asked is not None:
                asked, payment.asked = payment.asked, None
                getattr(self, f"_{asked}d" if asked.endswith("e") else f"_{asked}ed")(payment, agrees)
                return

    def _enter(self, name: str) -> None:
        self.state = name
        effect = self.here.names
        if effect in (Effect.CAPTURE, Effect.REFUND) and effect not in self.names:
            self.names_drawn += 1
            self.names[effect] = self.names_drawn
            self.amounts[self.names_drawn] = self.captured - self.refunded

    def _call(self, command: Command) -> str:
        if command is Command.COMMIT_STOCK:
            if self.stock == "released":
                return "reservation_ended"
            self.stock = "committed"
        elif command is Command.RELEASE_STOCK:
            self.stock = "released"
        elif command is Command.CREATE_PAYMENT:
            return self._create()
        elif (payment := self.payments.get(self.payment or 0)) is None:
            return "payment_not_found"
        else:
            return self._ask(command, payment)
        return "done"

    def _ask(self, command: Command, payment: ModelPayment) -> str:
        if command is Command.GET_PAYMENT:
            return payment.status
        if command is Command.VOID_PAYMENT:
            return self._want_void(payment)
        if command is Command.CAPTURE_PAYMENT:
            return self._want(payment, "capture", self.names[Effect.CAPTURE], "authorized", DUE)
        return self._want_refund(payment, self.names[Effect.REFUND])

    def _create(self) -> str:
        number = self.payment or 0
        if number not in self.payments:
            for other in self.payments.values():
                if other.status in ("processing", "authorized", "captured"):
                    return "payment_in_progress"
                other.status = "canceled"
            self.payments[number] = ModelPayment(number)
        return "done"

    def _want(self, payment: ModelPayment, what: str, name: int, status: str, amount: int) -> str:
        if name in payment.seen:
            return "done"
        if payment.status != status or payment.void_wanted:
            return "invalid_state_transition"
        if payment.asked is not None or amount == 0:
            return "amount_exceeds_payment"
        payment.seen.add(name)
        payment.asked, payment.asked_amount = what, amount
        return "done"

    def _want_refund(self, payment: ModelPayment, name: int) -> str:
        if payment.asked == "refund" and name not in payment.seen:
            return "amount_exceeds_payment"
        left = payment.captured - payment.refunded
        if name not in payment.seen and self.amounts[name] > left > 0:
            return "amount_exceeds_payment"
        return self._want(payment, "refund", name, "captured", left)

    def _want_void(self, payment: ModelPayment) -> str:
        if payment.status == "canceled":
            return "canceled"
        if payment.status == "captured" or payment.asked == "capture":
            return "invalid_state_transition"
        if payment.status == "requires_payment_method":
            payment.status = "canceled"
            self.news.append(("payment_canceled", payment.number, 0, 0))
            return "canceled"
        payment.void_wanted = True
        payment.asked = payment.asked or "void"
        return "done"

    def _authorized(self, payment: ModelPayment, agrees: bool) -> None:
        if payment.void_wanted:
            payment.status, payment.asked = ("authorized", "void") if agrees else ("canceled", None)
            if not agrees:
                self.news.append(("payment_canceled", payment.number, 0, 0))
            return
        payment.status = "authorized" if agrees else "requires_payment_method"
        self.news.append(("payment_authorized" if agrees else "payment_declined", payment.number, 0, 0))

    def _voided(self, payment: ModelPayment, agrees: bool) -> None:
        payment.void_wanted = False
        payment.status = "canceled" if agrees else payment.status
        self.news.append(("payment_canceled" if agrees else "payment_void_failed", payment.number, 0, 0))

    def _captured(self, payment: ModelPayment, agrees: bool) -> None:
        if agrees:
            payment.status, payment.captured = "captured", payment.asked_amount
            self.news.append(("payment_captured", payment.number, payment.asked_amount, 0))
        else:
            self.news.append(("payment_capture_failed", payment.number, 0, 0))

    def _refunded(self, payment: ModelPayment, agrees: bool) -> None:
        if agrees:
            payment.refunded += payment.asked_amount
            self.news.append(("refund_succeeded", payment.number, 0, payment.asked_amount))
        else:
            self.news.append(("refund_failed", payment.number, 0, 0))
