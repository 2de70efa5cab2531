"""Documents as the answering task reads them: windows, sentences, words, and their relevance to the question.

Nothing here asks a model.
"""
