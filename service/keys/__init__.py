"""Keys: who may use the service, for what, how much, and how urgently. Knows nothing of HTTP."""
