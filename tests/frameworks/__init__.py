"""Frameworks on the service, unchanged. They run in an environment of their own: ``make compat``."""
