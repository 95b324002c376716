"""People who are followed from round to round."""
