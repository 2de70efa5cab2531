"""How routes answer: server-sent events, and the parts that response models share."""
