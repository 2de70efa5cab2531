"""Conversations in Anthropic's shape: blocks, tools and thoughts, as both of its routes take them."""
