"""``POST /api/generate``."""
