"""The ledger for staff and services: accounts, journals, the trial balance."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from payments.models import PAYMENTS, JournalEntry, JournalLine, LedgerAccount
from payments.policies import Side
from payments.rest.rendering import entry_members
from payments.rest.serializers import JournalEntryView, LedgerAccountView, TrialBalanceView
from shared_kernel import clock
from shared_kernel.http.listing import IdIs, Listing, Moments
from shared_kernel.http.openapi import operation
from shared_kernel.http.views import ApiView, Surface
from shared_kernel.identity.permissions import HasScope
from shared_kernel.money import Money

READ = HasScope("ledger:read")


class LedgerAccountCollection(ApiView):
    """The chart of accounts."""

    alias = PAYMENTS
    surface = Surface.ADMIN
    access = READ
    listings = {"GET": Listing(sort=("id",), default="id")}

    @operation("List ledger accounts", answers={200: LedgerAccountView}, paged=True)
    def get(self, request: Request) -> Response:
        """A page of accounts, by code."""
        page = self.paginate(LedgerAccount.objects.all())
        rows = [{"code": account.id, "name": account.name, "type": account.type} for account in page.rows]
        return page.response(LedgerAccountView(rows, many=True).data)


class JournalEntryCollection(ApiView):
    """The journals."""

    alias = PAYMENTS
    surface = Surface.ADMIN
    access = READ
    listings = {
        "GET": Listing(
            filters={"payment_id": IdIs("pay"), "order_id": IdIs("ord"), "created_at": Moments()},
            sort=("created_at",),
            default="-created_at",
        ),
    }

    @operation("List journal entries", answers={200: JournalEntryView}, paged=True)
    def get(self, request: Request) -> Response:
        """A page of journals with their lines, the newest first."""
        page = self.paginate(JournalEntry.objects.prefetch_related("lines"))
        return page.response(JournalEntryView([entry_members(entry) for entry in page.rows], many=True).data)


class TrialBalance(ApiView):
    """The sums of the ledger."""

    alias = PAYMENTS
    surface = Surface.ADMIN
    access = READ

    @operation("Show the trial balance", answers={200: TrialBalanceView})
    def get(self, request: Request) -> Response:
        """Debits and credits of every account by currency; all of them together are equal."""
        accounts = list(JournalLine.objects.balances("account_id"))
        data = {
            "as_of": clock.now(PAYMENTS),
            "accounts": [_account(row) for row in accounts],
            "totals": [_total(row) for row in _totals(accounts)],
        }
        return Response(TrialBalanceView(data).data)


def _account(row: dict[str, Any]) -> dict[str, Any]:
    surplus = row["debit"] - row["credit"]
    return {
        "account": row["account_id"],
        "debit": Money(amount=row["debit"], currency=row["currency"]),
        "credit": Money(amount=row["credit"], currency=row["currency"]),
        "balance": Money(amount=abs(surplus), currency=row["currency"]),
        "side": Side.DEBIT if surplus >= 0 else Side.CREDIT,
    }


def _totals(accounts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The sums over all accounts by currency, of the very rows shown: one reading of the ledger."""
    totals: dict[str, dict[str, Any]] = {}
    for row in accounts:
        total = totals.setdefault(row["currency"], {"currency": row["currency"], "debit": 0, "credit": 0})
        total["debit"] += row["debit"]
        total["credit"] += row["credit"]
    return [totals[currency] for currency in sorted(totals)]


def _total(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "debit": Money(amount=row["debit"], currency=row["currency"]),
        "credit": Money(amount=row["credit"], currency=row["currency"]),
        "balanced": row["debit"] == row["credit"],
    }
