"""The quality of a translation: the flags that express doubts, the checks that set them, and how much each flag counts.

The room has pure functions only. It never calls the model and never changes a translation.
"""
