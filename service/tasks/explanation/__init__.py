"""Explanations: how likely each token of a text is, and which tokens before it make one of them likely."""
