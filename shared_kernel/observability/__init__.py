"""What the operator sees: structured logs without personal data."""
