"""Embeddings: texts or tokens to vectors, as sentence-transformers computes them, and the similarity of texts."""
