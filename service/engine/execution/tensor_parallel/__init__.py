"""Tensor parallelism: several processes compute one model, each a part of every layer, on a device of its own.

The plan of the parts is transformers' (Megatron-LM, arXiv:1909.08053): each rank holds some heads of every attention
and some columns of every feed-forward network, and the ranks add up their results twice in a layer. Rank 0 is the
engine process. It schedules and samples as ever, and tells the other ranks what each step computes. A rank that is lost
ends the engine process, which its client starts again with all ranks.
"""
