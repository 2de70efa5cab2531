"""Readers of the formats. Each cuts a text into fragments that are together the text, byte for byte.

All readers are pure and take time linear in the text. They never know sentences or markers.
"""
