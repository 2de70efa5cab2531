"""Generation, from prompts to generated text: requests for the engine, completions, and their usage.

The other tasks are built on this one. It knows the engine by its client only.
"""
