"""What it costs the streams of a service that somebody watches its scheduler."""
