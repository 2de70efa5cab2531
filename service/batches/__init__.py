"""Files of requests, and batches that compute them: what is on disk, and what runs. Knows no HTTP and no model."""
