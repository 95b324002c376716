"""Changes between rounds, and what they are made of."""
