"""Guesses of a draft model: a small model with the same vocabulary, which is asked for the next tokens of a sequence.

The draft model has weights of its own. Its keys and values stand in blocks of the same numbers as those of the served
model, so sequences, the block pool and the prefix cache know nothing about it. Nothing here imports torch.
"""
