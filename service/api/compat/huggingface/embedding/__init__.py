"""The tasks feature-extraction and sentence-similarity."""
