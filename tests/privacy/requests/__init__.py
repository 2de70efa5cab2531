"""Requests that carry a word in every place where a client can put one, by the API that they are of."""
