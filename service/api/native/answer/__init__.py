"""``POST /v1/answer``."""
