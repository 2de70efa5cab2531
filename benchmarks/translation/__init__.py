"""How long many sentences take: in one request, in one document, and in a request each."""
