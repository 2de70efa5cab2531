"""Quantized checkpoints: GGUF's blocks, and integers in groups as compressed-tensors, AWQ and GPTQ store them.

``quantization_config`` in ``config.json`` names the format, and the files say which matrices are quantized. Matrices
are read exactly or refused; nothing is quantized here.
"""
