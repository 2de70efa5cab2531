"""Extractive answers from the reader: rows of tokens for its model, spans from its scores.

The reader process itself is ``service.encoder``.
"""
