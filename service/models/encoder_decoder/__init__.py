"""Encoder-decoder models: how they are loaded, and how torch computes them. The compiled kernels are in ``native``.

transformers reads configurations that are not plain, and nothing else: one layout describes the model for torch and for
the kernels, and tests compare both with transformers' own modules.
"""
