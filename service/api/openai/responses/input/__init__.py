"""The bodies of requests for responses."""
