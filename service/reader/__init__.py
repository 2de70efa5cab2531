"""A model with a question-answering head in a process beside the engine: tokens of windows in, span scores out."""
