"""Fragments: the pieces that the readers of the formats cut a text into. Joined, they are the text, byte for byte."""
