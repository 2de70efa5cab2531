"""API keys: which requests are allowed, how many, and how urgent they may be. Knows nothing of HTTP or the engine."""
