"""Other formats turned into what the engine reads, once. Imported when there is something to convert, not before."""

# Raise it when the same GGUF file would give other files: stored models are then converted again from their artifact.
CONVERTER_VERSION = 1
