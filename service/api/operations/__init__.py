"""What operators and their programs ask for: health, metrics, version."""
