"""Why a model is not read without transformers."""


class NeedsTransformers(Exception):
    """The model must be loaded with transformers. The message says why."""
