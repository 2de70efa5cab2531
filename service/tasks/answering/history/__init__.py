"""Questions that continue a conversation: the model writes them again, so that they can be understood alone."""
