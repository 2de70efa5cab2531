"""The live view: what the engine of a model does, several times a second, for those who look. It has no text."""
