"""Which passages of the documents are read: those that BM25, and other served models, find relevant to the question.

No language model is asked here.
"""
