"""Sampling: from the logits of a step to one token for each sequence. ``sampler`` shows the order of operations.

It never schedules, and keeps nothing from step to step.
"""
