"""Re-ranking: the relevance of texts to a query, as sentence-transformers' CrossEncoder computes it."""
