"""The fields of ``config.json`` in the plain model families, and what follows from them. Imports no torch."""
