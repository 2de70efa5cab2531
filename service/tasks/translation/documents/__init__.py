"""Texts with layout and markup: what of them is translated, and how they are put together again."""
