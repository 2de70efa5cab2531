"""``POST /v1/generate``."""
