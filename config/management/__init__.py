"""Commands that concern the whole deployable."""
