"""Responses as answers and as events."""
