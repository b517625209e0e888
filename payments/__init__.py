"""Payments moves money through providers and explains every cent in a ledger."""
