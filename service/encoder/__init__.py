"""Encoders: a model with a head for spans, embeddings or classes, in a child process. Token ids in, float32 arrays out.

The process never sees text. ``messages`` holds its vocabulary.
"""

ENCODER_WORKER = "service.encoder.worker"  # the module that the encoder process runs
