"""Inequality of opportunity, and the groups left furthest behind."""
