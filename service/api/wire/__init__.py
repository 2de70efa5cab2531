"""Bytes in and out: the base of all response models, and the client that may disconnect. Imports nothing of ours."""
