"""Calls of tools, on the questions of the Berkeley Function Calling Leaderboard."""
