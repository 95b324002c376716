"""All that knows a data frame or an engine."""
