"""Models computed by Hugging Face transformers' modules: loading, guarding, and fixing what depends on the batch.

The attention of these modules is the engine's. Importing this package's ``loader`` imports transformers.
"""
