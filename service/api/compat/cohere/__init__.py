"""Cohere's API, and Jina's re-ranking, which has the same form."""
