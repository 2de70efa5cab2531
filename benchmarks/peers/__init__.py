"""Other servers beside ours: how each is installed and started, and the comparison in one run."""
