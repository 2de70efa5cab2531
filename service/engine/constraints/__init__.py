"""Constraints: what may come next in a sequence, as a function of its tokens so far. They never import torch.

A token graph and a grammar are two kinds of the same thing. A sequence has its own constraint, which follows its tokens
through preemption and replay; so has each beam of a search.
"""
