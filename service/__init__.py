"""Trivium: text generation, translation and question answering with one continuously batched engine.

Imports point one way, as the table "Rooms" in docs/architecture.md says. The engine knows neither HTTP nor text.
"""

__version__ = "0.1.0"
