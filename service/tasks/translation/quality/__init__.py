"""The quality of a translation: the flags that doubt it, the checks that set them, and how much each flag counts.

Pure functions. The room never calls the model and never changes a translation.
"""
