"""What is measured: indicators in dimensions, weights, cutoffs."""
