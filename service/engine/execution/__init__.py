"""Computes steps: the model, the KV cache and the sampler behind ``ModelRunner.run``, and ``Recovery`` for steps that fail.

Nothing here schedules or counts free blocks.
"""
