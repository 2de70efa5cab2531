"""``POST /api/chat``."""
