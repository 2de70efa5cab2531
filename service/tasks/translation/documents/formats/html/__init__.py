"""HTML as fragments: its tags and their attributes, and which elements are kept.

The readers of Markdown, of plain text and of files use the same rules for the tags in them.
"""
