"""Converts GGUF files to the files that the engine reads. Imported only when a file is converted."""

# Increase it when the same GGUF file would give different files: stored models are then converted again.
CONVERTER_VERSION = 3
