"""What the service can do with a text: generate, translate, answer. Each task turns text into token ids and back.

The tasks know the engine and the reader by their clients only. They know neither HTTP nor tensors.
"""
