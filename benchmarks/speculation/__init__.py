"""The engine with guessed tokens beside the same engine without, in one process and by turns."""
