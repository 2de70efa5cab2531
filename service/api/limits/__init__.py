"""What bounds a request: places in the service, the key's tokens per minute, time, and the client's presence."""
