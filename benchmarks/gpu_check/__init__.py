"""What has to be right on a machine with a GPU, in a few minutes: equality, attention, memory, speed, recovery."""
