"""Keeps child processes alive: starts them, talks to them, watches them, restarts them, and replays their requests.

It serves every kind of child process (the engine, the encoders) and never imports one of them. A new kind derives from
``client.ProcessClient`` in the API process and from ``worker.ModelWorker`` in the child process. The smallest example
is ``tests/processes/tiny_process.py``.
"""
