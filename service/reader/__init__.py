"""The reader: a model with a question-answering head in a child process. Token windows in, span scores out.

It never sees text. ``messages`` holds its vocabulary.
"""

READER_WORKER = "service.reader.worker"  # the module that the reader process runs
