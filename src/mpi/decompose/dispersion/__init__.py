"""Dispersion of deprivations among people and among groups: powers of the score, inequality, disparity."""
