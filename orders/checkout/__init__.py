"""The checkout saga: a persisted state machine that carries an order through the other contexts, or back."""
