"""Marks: what a model must not touch in a segment, the markers that stand for it, and how marks are put back.

The room knows units and strings. It never knows formats or whole documents.
"""
