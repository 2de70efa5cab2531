"""``/v1/translate/document``: files that are translated in the background."""
