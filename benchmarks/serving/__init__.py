"""A server under the load of streaming HTTP clients. It may be any server that has OpenAI's ``/v1/completions``."""
