"""How unevenly deprivations are spread among people and groups."""
