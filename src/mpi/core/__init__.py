"""Foundations that know nothing of poverty: errors, exact numbers, TOML tables, atomic files, threads."""
