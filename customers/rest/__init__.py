"""The REST surface of customers: logging in, the own profile, and what staff sees of both."""
