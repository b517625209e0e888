"""The tables of payments."""

from payments.models.ledger import JournalEntry, JournalLine, LedgerAccount
from payments.models.payment import Payment
from payments.models.refund import Refund
from payments.models.transaction import PaymentTransaction

# The database alias of this context.
PAYMENTS = "payments"

__all__ = ["PAYMENTS", "JournalEntry", "JournalLine", "LedgerAccount", "Payment", "PaymentTransaction", "Refund"]
