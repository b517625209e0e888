"""Real servers from wheels, started where no external server is configured; never in production."""
