"""Structured output beside free text of the same length."""
