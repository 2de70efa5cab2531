"""The calls of each client."""
