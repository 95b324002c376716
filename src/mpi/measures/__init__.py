"""Definitions of poverty measures: indicators in dimensions, weights and cutoffs, from files or built in code."""
