"""The paths of payments below /v1 and /v1/admin."""

from __future__ import annotations

from django.urls import path

from payments.rest.administration import (
    AdminPaymentCollection,
    AdminPaymentDetail,
    PaymentCapture,
    PaymentRefunds,
    PaymentVoid,
    RefundCollection,
    RefundDetail,
)
from payments.rest.bookkeeping import JournalEntryCollection, LedgerAccountCollection, TrialBalance
from payments.rest.views import CurrencyCollection, PaymentDetail
from shared_kernel.http.converters import id_converter

id_converter("pay")
id_converter("ref")

urlpatterns = [
    path("payments/<pay:payment_id>", PaymentDetail.as_view()),
    path("currencies", CurrencyCollection.as_view()),
]

admin_urlpatterns = [
    path("payments", AdminPaymentCollection.as_view()),
    path("payments/<pay:payment_id>", AdminPaymentDetail.as_view()),
    path("payments/<pay:payment_id>/capture", PaymentCapture.as_view()),
    path("payments/<pay:payment_id>/void", PaymentVoid.as_view()),
    path("payments/<pay:payment_id>/refunds", PaymentRefunds.as_view()),
    path("refunds", RefundCollection.as_view()),
    path("refunds/<ref:refund_id>", RefundDetail.as_view()),
    path("ledger/accounts", LedgerAccountCollection.as_view()),
    path("ledger/entries", JournalEntryCollection.as_view()),
    path("ledger/trial-balance", TrialBalance.as_view()),
]
