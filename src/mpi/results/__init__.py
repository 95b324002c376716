"""Estimates, and what is derived from estimates alone."""
