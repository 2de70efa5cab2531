"""The bounds of a request: places in the service, the key's tokens per minute, and time."""
