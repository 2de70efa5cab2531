"""Reads plain models for the native kernels, without transformers: their ``config.json`` says everything.

Anything that is unknown or looks wrong raises ``NeedsTransformers``: nothing is guessed here.
"""
