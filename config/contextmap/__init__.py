"""The context map: what the contexts show each other, read from their code and written down for people."""
