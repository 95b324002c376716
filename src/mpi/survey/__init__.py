"""Who was asked, in memory or with an engine."""
