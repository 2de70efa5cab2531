"""How the configurations of the model families map onto the kernels' description of a decoder.

One function for each family, in one module for each group of similar families. ``service.models.families`` has the
table. A function gets a configuration of transformers, or a plain one with the same fields, and returns a
``DecoderLayout``. It raises ``NoLayout`` if the description cannot express a value: torch computes such a model.
"""
