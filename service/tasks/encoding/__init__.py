"""What the tasks of encoder models share: texts as inputs of an encoder, and the request that computes them.

The encoder process itself is ``service.encoder``.
"""
