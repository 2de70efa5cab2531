"""``POST /tokenize`` and ``POST /detokenize``, in the forms of vLLM, TGI and llama.cpp."""
