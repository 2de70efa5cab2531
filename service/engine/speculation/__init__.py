"""Speculation: guesses of a sequence's next tokens, and how often such guesses are right. It never imports torch.

A guess never changes an output. The scheduler lets a step compute proposed tokens behind a sequence's last one; of the
tokens that are sampled there, it keeps those that come before and at the first wrong guess.
"""
