"""Translation: each room's tests, and a scripted model for the whole path."""
