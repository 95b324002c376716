"""Surveys: rows in memory or with an engine, and the sampling design by which they were drawn."""
