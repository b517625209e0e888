"""What payments decides: state machines as data, what is left on a payment, and how money is booked."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from enum import StrEnum
from uuid import UUID

from payments.api import PaymentStatus, RefundStatus
from shared_kernel.errors import NotFound
from shared_kernel.money import Money
from shared_kernel.state_machine import StateMachine, Transition

_STAFF = ("system", "service", "staff")
_PROVIDER = ("provider",)


@dataclass(kw_only=True, eq=False)
class RefundNotFound(NotFound):
    """No refund has this id."""

    code = "refund_not_found"
    summary = "There is no such refund."

    refund_id: UUID


class TransactionKind(StrEnum):
    """What a provider is asked to do."""

    AUTHORIZE = "authorize"
    CAPTURE = "capture"
    VOID = "void"
    REFUND = "refund"


class TransactionState(StrEnum):
    """What is known about one request to a provider; `unknown` means that it may have taken effect."""

    PENDING = "pending"
    UNKNOWN = "unknown"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class StaffReason(StrEnum):
    """Why staff or a service voids or refunds; a code, because reasons travel in events."""

    DUPLICATE = "duplicate"
    FRAUDULENT = "fraudulent"
    ORDER_CANCELED = "order_canceled"
    REQUESTED_BY_CUSTOMER = "requested_by_customer"
    OTHER = "other"


UNSETTLED = (TransactionState.PENDING, TransactionState.UNKNOWN)

PAYMENT_MACHINE = StateMachine(
    resource="payment",
    initial=PaymentStatus.PROCESSING,
    transitions=(
        Transition(
            command="authorize",
            sources=(PaymentStatus.PROCESSING,),
            target=PaymentStatus.AUTHORIZED,
            actors=_PROVIDER,
        ),
        Transition(
            command="decline",
            sources=(PaymentStatus.PROCESSING,),
            target=PaymentStatus.REQUIRES_PAYMENT_METHOD,
            actors=_PROVIDER,
        ),
        Transition(
            command="capture",
            sources=(PaymentStatus.AUTHORIZED, PaymentStatus.PARTIALLY_CAPTURED),
            target=PaymentStatus.CAPTURED,
            actors=_STAFF,
        ),
        Transition(
            command="capture",
            sources=(PaymentStatus.AUTHORIZED, PaymentStatus.PARTIALLY_CAPTURED),
            target=PaymentStatus.PARTIALLY_CAPTURED,
            actors=_STAFF,
        ),
        Transition(
            command="void",
            sources=(PaymentStatus.PROCESSING, PaymentStatus.REQUIRES_PAYMENT_METHOD, PaymentStatus.AUTHORIZED),
            target=PaymentStatus.CANCELED,
            actors=_STAFF,
        ),
        Transition(
            command="refund",
            sources=(PaymentStatus.PARTIALLY_CAPTURED,),
            target=PaymentStatus.PARTIALLY_CAPTURED,
            actors=_STAFF,
        ),
        Transition(
            command="refund",
            sources=(PaymentStatus.CAPTURED,),
            target=PaymentStatus.CAPTURED,
            actors=_STAFF,
        ),
    ),
)

REFUND_MACHINE = StateMachine(
    resource="refund",
    initial=RefundStatus.PENDING,
    transitions=(
        Transition(command="succeed", sources=(RefundStatus.PENDING,), target=RefundStatus.SUCCEEDED, actors=_PROVIDER),
        Transition(command="fail", sources=(RefundStatus.PENDING,), target=RefundStatus.FAILED, actors=_PROVIDER),
    ),
)

TRANSACTION_MACHINE = StateMachine(
    resource="payment_transaction",
    initial=TransactionState.PENDING,
    transitions=(
        Transition(command="lose_sight", sources=(TransactionState.PENDING,), target=TransactionState.UNKNOWN),
        Transition(command="succeed", sources=UNSETTLED, target=TransactionState.SUCCEEDED, actors=_PROVIDER),
        Transition(command="fail", sources=UNSETTLED, target=TransactionState.FAILED, actors=_PROVIDER),
    ),
)


@dataclass(frozen=True, kw_only=True)
class Sums:
    """The sums of one payment in minor units; what is asked for and not yet known is `capturing` or `refunding`."""

    amount: int
    authorized: int = 0
    capturing: int = 0
    captured: int = 0
    voided: int = 0
    refunding: int = 0
    refunded: int = 0

    def __post_init__(self) -> None:
        if min(astuple(self)) < 0:
            raise ValueError("no sum of a payment is negative")
        if self.authorized > self.amount:
            raise ValueError("more is authorized than the payment asks for")
        if self.captured + self.capturing + self.voided > self.authorized:
            raise ValueError("more is captured or let go of than was authorized")
        if self.refunded + self.refunding > self.captured:
            raise ValueError("more is refunded than was captured")

    @property
    def capturable(self) -> int:
        """What may still be asked for of the authorization."""
        return self.authorized - self.captured - self.capturing - self.voided

    @property
    def refundable(self) -> int:
        """What may still be sent back."""
        return self.captured - self.refunded - self.refunding


def status_after_capture(*, amount: int, captured: int) -> PaymentStatus:
    """Where a payment of `amount` stands once `captured` of it has been collected."""
    return PaymentStatus.CAPTURED if captured == amount else PaymentStatus.PARTIALLY_CAPTURED


def provider_key(kind: TransactionKind, reference_id: UUID) -> str:
    """The idempotency key under which a provider sees one effect: the same for every try."""
    return f"{kind}-{reference_id}"


class Account(StrEnum):
    """The chart of accounts; each is opened by a migration."""

    PROVIDER_CLEARING = "provider_clearing"
    CUSTOMER_PAYMENTS = "customer_payments"


class AccountType(StrEnum):
    """Which side of the balance sheet an account stands on; assets grow by debits, liabilities by credits."""

    ASSET = "asset"
    LIABILITY = "liability"


class Side(StrEnum):
    """The two sides of a journal."""

    DEBIT = "debit"
    CREDIT = "credit"


@dataclass(frozen=True, kw_only=True)
class Posting:
    """One line of a journal: a positive amount on one side of one account."""

    account: Account
    side: Side
    amount: Money


# Which account each kind of transaction debits and which it credits.
_MOVEMENTS = {
    TransactionKind.CAPTURE: (Account.PROVIDER_CLEARING, Account.CUSTOMER_PAYMENTS),
    TransactionKind.REFUND: (Account.CUSTOMER_PAYMENTS, Account.PROVIDER_CLEARING),
}


def postings(kind: TransactionKind, amount: Money) -> list[Posting]:
    """How a succeeded transaction is booked; none where no money moved (authorizations and voids are promises).

    Raises:
        ValueError: the amount is not positive.
    """
    if amount.amount <= 0:
        raise ValueError("only positive amounts are booked")
    if kind not in _MOVEMENTS:
        return []
    debited, credited = _MOVEMENTS[kind]
    return [
        Posting(account=debited, side=Side.DEBIT, amount=amount),
        Posting(account=credited, side=Side.CREDIT, amount=amount),
    ]


# What a decline may be called outside; a provider's other words become `provider_declined`.
DECLINE_CODES = frozenset(
    {
        "amount_exceeds_authorization",
        "amount_exceeds_capture",
        "authorization_expired",
        "authorization_voided",
        "already_captured",
        "already_voided",
        "capture_refused",
        "card_declined",
        "card_expired",
        "insufficient_funds",
        "payment_method_unknown",
        "refund_refused",
        "unknown_authorization",
        "void_refused",
    }
)
PROVIDER_DECLINED = "provider_declined"

# A void that the provider refuses because nothing is held any more has reached its aim.
NOTHING_HELD = frozenset({"already_voided", "authorization_expired", "authorization_voided"})


def decline_code(word: str) -> str:
    """The closed code for a provider's word."""
    return word if word in DECLINE_CODES else PROVIDER_DECLINED
