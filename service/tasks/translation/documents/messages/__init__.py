"""Messages in ICU's format: their syntax, the texts that they may stand for, and what of a text may move into them.

Everything here takes time linear in the text.
"""
