"""What models and the engine agree on: layer specs, the attention function, and protocols for what each side offers.

These modules import nothing of ``service`` but ``service.errors``. Models never import the engine.
"""
