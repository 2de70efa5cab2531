"""Routes for operators and their programs: health, metrics, version."""
