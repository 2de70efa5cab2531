"""``POST /v1/score`` and ``POST /score``, in vLLM's form."""
