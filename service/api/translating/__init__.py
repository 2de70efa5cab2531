"""Which served models translate a request: the languages of all, the way of one, and the first leg through a pivot."""
