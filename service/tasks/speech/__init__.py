"""Speech written down: audio files, their features, the decoder's prompts and rules, segments, and long files.

The model is Whisper (Radford et al., 2022, arXiv:2212.04356). Results are those of transformers' ``generate``.
"""
