"""What routes answer: the base of all response models, JSON, server-sent events, and the parts that models share."""
