"""What every context needs and none owns; this package names no context."""
