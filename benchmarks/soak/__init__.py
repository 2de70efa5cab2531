"""A soak: the real service under mixed traffic, bad clients and kills of its engine, and its state afterwards."""
