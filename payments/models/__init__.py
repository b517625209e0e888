"""The tables of payments."""

from payments.models.ledger import JournalEntry, JournalLine, LedgerAccount
from payments.models.payment import Payment
from payments.models.refund import Refund
from payments.models.transaction import PaymentTransaction

__all__ = ["JournalEntry", "JournalLine", "LedgerAccount", "Payment", "PaymentTransaction", "Refund"]
