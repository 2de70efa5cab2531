"""One service with several models: the memory of each process, and loads and unloads under traffic."""
