"""``/v1/batches``: lines of a file as requests, computed in the background."""
