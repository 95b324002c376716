"""Multidimensional poverty from household surveys."""
