"""``POST /v1/rerank``, ``POST /v2/rerank`` and ``POST /rerank``."""
