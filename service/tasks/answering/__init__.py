"""Answers to questions, from documents or from what the model knows.

This package writes the questions to the language model or the reader, and chooses the answer. It never deals with HTTP
or sockets.
"""
