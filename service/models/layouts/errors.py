"""The error for a model that the kernels' description cannot express."""


class NoLayout(Exception):
    """The compiled kernels cannot compute the model. The message is the reason."""
