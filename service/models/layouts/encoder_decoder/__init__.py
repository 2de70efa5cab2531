"""From configurations of encoder-decoder families to ``EncoderDecoderLayout``. It knows no tensor."""
