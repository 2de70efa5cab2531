"""Tests of the benchmark of the live view."""
