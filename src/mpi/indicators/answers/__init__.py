"""Answers in memory, member by member and household by household."""
