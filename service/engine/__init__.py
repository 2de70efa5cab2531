"""The engine: token ids in, token ids out. It never sees text, HTTP or metrics libraries.

``types`` is the vocabulary: read it first. ``sequence``, ``block_pool`` and ``scheduler`` decide and never import
torch; ``batch``, ``kv_cache``, ``attention``, ``sampler`` and ``runner`` compute; ``engine`` is the synchronous loop
body; ``worker`` is the process around it and ``client`` its counterpart in the API process.
"""

ENGINE_WORKER = "service.engine.worker"  # the module that is the engine process
