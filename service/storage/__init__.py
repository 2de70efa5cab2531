"""Storage on the disk: directories that one process uses, SQLite databases, and threads that wait for the disk."""
