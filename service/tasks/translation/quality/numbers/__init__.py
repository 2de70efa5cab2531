"""Numbers, dates and currencies in texts, in digits and in words, and whether a translation has those of its source.

The room reads numbers generously: whatever a number may mean counts as said. So a difference that it finds is one.
"""
