"""Stored glossaries: terms and their translations, in dictionaries by pair of languages, for each key."""
