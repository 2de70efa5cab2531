"""``POST /tokenize`` and ``POST /detokenize``, in vLLM's form."""
