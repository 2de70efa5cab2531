"""The task text-classification."""
