"""Orders takes a customer's order, carries it to its end, and is the only one that commands the others."""
