"""Microdata condensed: made, put together, written and read."""
