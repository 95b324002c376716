"""Files that need not fit in memory."""
