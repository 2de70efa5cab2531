"""How models write calls of tools and thoughts: one table of formats, and the grammars of turns that come from it."""
