"""Bytes over the network onto this disk: resumable, checked, with progress. Knows no model and no catalogue."""
