"""Arrays alone: the design of a survey, cells, variances, influences, intervals."""
