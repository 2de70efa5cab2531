"""Embeddings: the service over HTTP, its encoder process alone, and sentence-transformers, in turns on one machine."""
