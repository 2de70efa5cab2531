"""Translation models of random weights beside CTranslate2: what their arithmetic and batching cost.

The sentences are words ``t0``, ``t1``, ...: one for each token of the vocabulary. Every output has a forced length.
"""
