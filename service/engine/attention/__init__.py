"""Attention over the paged KV cache, and the arrays that one step needs for it.

    transformers' attention module
      └─ attention_forward         registered with transformers; it calls the object that the engine passed in
           ├─ LayerRecorder        at load: records each layer's spec and refuses arguments that it does not know
           └─ paged.PagedAttention in a step: writes keys and values into their slots, then attends
                ├─ gathered        gathers blocks, then SDPA in plain torch: every device and layer; the reference
                └─ flash           torch's paged FlashAttention: CUDA, and only the layers that it can compute

Nothing here schedules, counts free blocks, or knows an architecture.
"""
