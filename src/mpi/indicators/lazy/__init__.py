"""Rules on frames that an engine holds."""
