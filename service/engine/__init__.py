"""The engine: token ids in, token ids out. It never sees text, HTTP or metrics libraries.

Read ``protocol`` first: it is the vocabulary. ``scheduling`` decides what a step computes and never imports torch;
``execution``, ``attention`` and ``sampling`` compute it. ``engine`` is the synchronous loop body, ``worker`` is the
process around it, and ``client`` its counterpart in the API process.
"""

ENGINE_WORKER = "service.engine.worker"  # the module that is the engine process
