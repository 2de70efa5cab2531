"""Adapters over transformers' model classes: loading, guarding and describing what the engine may run."""
