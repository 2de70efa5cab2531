"""The text of a turn as its parts, while it is generated: text, thoughts and calls of tools."""
