"""Marks: the parts of a segment that a model must not change, the markers that stand for them, and their restoring.

The room deals with units and strings, and never with formats or whole documents.
"""
