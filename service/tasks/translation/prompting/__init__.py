"""What a model is told and shown: the instruction for a pair of languages, example sentences, forms of address, terms.

The room writes prompts as texts. It never knows a request's documents, tokens or sampling.
"""
