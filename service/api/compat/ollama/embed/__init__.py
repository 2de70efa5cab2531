"""``POST /api/embed`` and ``POST /api/embeddings``."""
