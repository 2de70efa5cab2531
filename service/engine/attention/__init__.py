"""Attention over paged keys and values, behind one seam.

    transformers' attention module
      └─ attention_forward         the function registered with transformers; it calls what the engine passed in
           ├─ LayerRecorder        at load: records each layer's shape and refuses what is not understood
           └─ paged.PagedAttention in a step: writes K and V into their slots, then attends
                ├─ gathered        gather + SDPA in plain torch: every device, every layer; the reference
                └─ flash           torch's paged FlashAttention: CUDA, the layers it can compute

Nothing here schedules, counts blocks or knows an architecture.
"""
