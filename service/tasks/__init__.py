"""The tasks of the service: generation, translation, answering. Each turns text into token ids and back.

The tasks know the engine and the reader by their clients only. They know neither HTTP nor tensors.
"""
