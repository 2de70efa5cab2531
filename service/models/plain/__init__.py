"""Reads plain models, whose ``config.json`` says everything, for the native kernels, without transformers.

Anything that is unknown or looks wrong raises ``NeedsTransformers``: nothing is guessed here.
"""
