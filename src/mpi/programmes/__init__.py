"""Survey programmes: how their rounds are read."""
