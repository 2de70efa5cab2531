"""Scheduling: which tokens of which sequences the next step computes, and which KV blocks they use.

This room decides and keeps count. It never imports torch, and it knows nothing of models, sockets or HTTP.
"""
