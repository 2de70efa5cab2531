"""Structured output: what a client wants a text to look like, as a grammar that the engine follows."""
