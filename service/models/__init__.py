"""Loads the models that the engine runs, refuses those it would compute wrongly, and computes them.

``families`` lists the models that are served. Nothing here imports the engine.
"""
