"""Conversations: the turns of a model that may reason, call tools and answer.

A client's tools and wishes become a prompt and a grammar; the generated text becomes reasoning, text and calls.
"""
