"""Computes steps: the model, the KV cache and the sampler behind ``ModelRunner.run``; ``Recovery`` from failed steps.

Nothing here schedules or counts free blocks.
"""
