"""Clients and their calls: which ones work, and how the others are refused. ``make matrix`` prints the table."""
