"""What payments does; each function runs in a transaction that its entry point opened."""
