"""The cost of quantized weights in quality: perplexity of real text, and agreement of greedy outputs."""
