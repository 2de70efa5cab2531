"""The contracts between models and the engine: layer specs, the attention function, and what each side offers.

These modules import nothing of ``service`` but ``service.errors``. Models never import the engine.
"""
