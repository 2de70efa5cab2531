"""What can be told from a text alone: its language, its scripts, its length, and where its sentences are.

The room never asks the engine's model, and knows nothing of translations.
"""
