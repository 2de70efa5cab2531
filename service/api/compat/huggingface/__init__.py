"""Hugging Face's inference tasks, each in a folder: payload, answer, and the function between them."""
