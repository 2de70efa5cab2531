"""Classification: texts and pairs of texts to labels with scores, as transformers' pipeline computes them."""
