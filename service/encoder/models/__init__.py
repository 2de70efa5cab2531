"""Models of encoder processes: padded rows in, the numbers of the head out. They are computed without the padding."""
