"""The error for a model that is not plain."""


class NeedsTransformers(Exception):
    """The model must be loaded with transformers. The message is the reason."""
