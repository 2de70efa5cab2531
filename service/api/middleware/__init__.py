"""Plain ASGI around every request: its id, its metrics, its log lines, and the limit on its body."""
