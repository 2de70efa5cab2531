"""Text and tokens: the tokenizer, the chat template, text from a stream of tokens, stop strings, names of languages.

Nothing here knows a task or the engine.
"""
