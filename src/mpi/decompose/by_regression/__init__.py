"""Gaps explained by regressions, and the regressions by themselves."""
