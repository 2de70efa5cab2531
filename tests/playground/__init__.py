"""Tests of the playground: its routes, and its page in a browser."""
