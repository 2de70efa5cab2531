"""Files of clients that are translated in the background: what is kept, and what runs. Knows no HTTP and no model."""
