"""Authentication and authorization: every request needs a key, except on the routes listed as public."""
