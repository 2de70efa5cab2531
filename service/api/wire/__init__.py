"""Bytes in and out: response models, and clients that disconnect. Imports no other part of the service."""
