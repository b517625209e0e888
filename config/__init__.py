"""The composition root: settings, wiring and processes; it holds no business word."""
