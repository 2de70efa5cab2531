"""A long day of the real service in a short time: everything that clients do to it, and what is left of it after."""
