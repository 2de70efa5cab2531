"""The engine in the benchmark's own process: a step's time by parts, and its rate beside transformers' generate.

There is no HTTP and no tokenizer here.
"""
