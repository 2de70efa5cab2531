"""The tasks summarization and text2text-generation."""
