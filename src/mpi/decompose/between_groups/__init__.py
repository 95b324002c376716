"""Groups beside each other and in the whole."""
