"""Reads LoRA adapters in peft's format: ``adapter_config.json`` and ``adapter_model.safetensors``.

Everything that would change a result is honoured or refused, and shapes are checked before a tensor is read.
"""
