"""Parts of request bodies about conversations: messages, tools, a predicted answer."""
