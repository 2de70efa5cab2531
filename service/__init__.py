"""Trivium: text generation, translation and question answering over one continuously batched engine.

Imports point one way: ``api -> tasks -> engine.client -> engine.types``. The engine knows nothing of HTTP or text.
"""

__version__ = "0.1.0"
