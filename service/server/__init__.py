"""``trivium serve`` as a process: it builds the application, runs uvicorn, reports readiness, and stops cleanly."""
