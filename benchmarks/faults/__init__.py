"""Answers while the engine is killed: none may be lost, and each must equal the answer without kills.

The calls, the log and the service are those of the soak.
"""
