"""SentencePiece models (Kudo and Richardson, 2018, arXiv:1808.06226), read and computed by the `tokenizers` library."""
