"""The task question-answering."""
