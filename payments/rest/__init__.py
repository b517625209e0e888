"""Payments over HTTP: buyers look at their payment; staff and services capture, void, refund and read the ledger."""
