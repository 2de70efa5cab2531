"""``POST /v1/explain``."""
