"""Answers in the model's own words: from documents, after a quotation, or from what the model knows."""
