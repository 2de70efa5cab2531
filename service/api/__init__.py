"""The HTTP API: routes, and what all of them share. It never computes text; ``service.tasks`` does."""
