"""A model's name in, verified files on disk out. Knows nothing of serving."""
