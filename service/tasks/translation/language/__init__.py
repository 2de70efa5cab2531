"""Properties of a text: its language, its scripts, its length, and where its sentences are.

The room never asks the engine's model, and never compares a text with its translation.
"""
