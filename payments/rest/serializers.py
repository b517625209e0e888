"""The shapes of payments, refunds and the ledger on the wire."""

from __future__ import annotations

from rest_framework import serializers

from payments.api import PaymentStatus, RefundStatus
from payments.policies import Account, AccountType, Side, StaffReason, TransactionKind, TransactionState
from shared_kernel.http.fields import ChoiceField, CurrencyField, MoneyField, TimestampField, TypeIdField
from shared_kernel.http.serializers import StrictSerializer


class PaymentView(serializers.Serializer[object]):
    """A payment as its buyer sees it; `last_error` is a closed code."""

    id = TypeIdField("pay")
    order_id = TypeIdField("ord")
    status = ChoiceField(PaymentStatus)
    amount = MoneyField()
    captured = MoneyField()
    refunded = MoneyField()
    last_error = serializers.CharField(allow_null=True)
    allowed_actions = serializers.ListField(child=serializers.CharField())
    created_at = TimestampField()
    updated_at = TimestampField()


class TransactionView(serializers.Serializer[object]):
    """One request to the provider and what became of it; `next_try_at` is set while that is unknown."""

    id = TypeIdField("txn")
    kind = ChoiceField(TransactionKind)
    status = ChoiceField(TransactionState)
    amount = MoneyField()
    provider_reference = serializers.CharField(allow_null=True)
    failure_code = serializers.CharField(allow_null=True)
    last_error = serializers.CharField(allow_null=True)
    attempts = serializers.IntegerField(help_text="Failed tries in a row; 0 again once one succeeds.")
    next_try_at = TimestampField(allow_null=True)
    created_at = TimestampField()
    settled_at = TimestampField(allow_null=True)


class AdminPaymentView(PaymentView):
    """A payment as staff sees it; `capturing` and `refunding` are asked for and not yet known."""

    provider = serializers.CharField()
    method = serializers.CharField()
    authorized = MoneyField()
    capturing = MoneyField()
    voided = MoneyField()
    refunding = MoneyField()
    void_reason = serializers.CharField(allow_null=True)


class AdminPaymentDetailView(AdminPaymentView):
    """A payment with its latest transactions, at most a hundred, the oldest first."""

    transactions = TransactionView(many=True)


class RefundView(serializers.Serializer[object]):
    """Money on its way back to the buyer."""

    id = TypeIdField("ref")
    payment_id = TypeIdField("pay")
    order_id = TypeIdField("ord")
    status = ChoiceField(RefundStatus)
    amount = MoneyField()
    reason = serializers.CharField()
    failure_code = serializers.CharField(allow_null=True)
    created_at = TimestampField()
    updated_at = TimestampField()


class CaptureRequest(StrictSerializer):
    """How much to collect; without an amount all that is left."""

    amount = MoneyField(min_amount=1, required=False)


class VoidRequest(StrictSerializer):
    """Why the authorization is let go."""

    reason = ChoiceField(StaffReason)


class RefundRequest(StrictSerializer):
    """How much to send back, without an amount all that is left, and why."""

    amount = MoneyField(min_amount=1, required=False)
    reason = ChoiceField(StaffReason)


class LedgerAccountView(serializers.Serializer[object]):
    """An account of the chart of accounts."""

    code = ChoiceField(Account)
    name = serializers.CharField()
    type = ChoiceField(AccountType)


class JournalLineView(serializers.Serializer[object]):
    """An amount on one side of one account."""

    account = ChoiceField(Account)
    side = ChoiceField(Side)
    amount = MoneyField()


class JournalEntryView(serializers.Serializer[object]):
    """A balanced journal."""

    id = TypeIdField("jrn")
    kind = ChoiceField(TransactionKind)
    transaction_id = TypeIdField("txn")
    payment_id = TypeIdField("pay")
    order_id = TypeIdField("ord")
    lines = JournalLineView(many=True)
    created_at = TimestampField()


class AccountBalanceView(serializers.Serializer[object]):
    """All debits and credits of an account in one currency, and the side on which they leave a balance."""

    account = ChoiceField(Account)
    debit = MoneyField()
    credit = MoneyField()
    balance = MoneyField()
    side = ChoiceField(Side)


class CurrencyTotalView(serializers.Serializer[object]):
    """All debits and credits in one currency; they are equal, or the books are broken."""

    debit = MoneyField()
    credit = MoneyField()
    balanced = serializers.BooleanField()


class TrialBalanceView(serializers.Serializer[object]):
    """The sums of every account, and of all accounts."""

    as_of = TimestampField()
    accounts = AccountBalanceView(many=True)
    totals = CurrencyTotalView(many=True)


class CurrencyView(serializers.Serializer[object]):
    """A currency the shop trades in; an amount of 1 is ten to the minus `digits` of it."""

    code = CurrencyField()
    digits = serializers.IntegerField()
