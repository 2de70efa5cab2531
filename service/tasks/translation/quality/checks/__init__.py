"""Checks of a translation, one doubt each: pure functions of the source, the translation and their languages."""
