"""JSON Schemas in other words: what a client writes, in the keywords that grammars know."""
