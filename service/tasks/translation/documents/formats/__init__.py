"""Readers of the formats. Each cuts a text into fragments. Joined, the fragments are the text, byte for byte.

All readers are pure and take time linear in the text. They know neither sentences nor markers.
"""
