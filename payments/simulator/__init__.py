"""The payment provider `sim`: a foreign system in small, with a ledger of its own; no part of it imports Ashlar."""
