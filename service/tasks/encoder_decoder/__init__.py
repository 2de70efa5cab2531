"""What an encoder-decoder reads and begins with: the tokens around a source, and the beginning of the output."""
