"""What can be done with accounts, sessions, keys and messages, inside a transaction that the caller opened."""
