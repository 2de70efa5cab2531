"""What becomes of answers when the engine is killed while it writes them."""
