"""The parts of a prompt: the instruction for a pair of languages, example sentences, forms of address, terms.

The room writes prompts as texts. It never deals with documents, tokens or sampling.
"""
