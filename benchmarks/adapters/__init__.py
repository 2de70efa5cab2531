"""Requests with LoRA adapters beside requests of the model alone."""
