"""Answers to questions, from documents or from what the model knows.

This package decides what the model or the reader is asked, and which text is the answer. It knows neither HTTP nor
sockets.
"""
