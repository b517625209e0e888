"""The event kernel, on real servers and with facts of its own."""
