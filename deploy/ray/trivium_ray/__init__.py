"""Trivium on Ray Serve: one gateway with the HTTP API, and as many engines as the load needs."""
