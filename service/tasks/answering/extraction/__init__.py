"""Extractive answers from the language model: it chooses among the spans of the documents and can say nothing else."""
