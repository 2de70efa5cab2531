"""Hugging Face's inference tasks: question answering and translation."""
