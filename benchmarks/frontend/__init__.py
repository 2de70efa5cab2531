"""The cost of everything but the model: the engine's host work, and the whole service with a null model."""
