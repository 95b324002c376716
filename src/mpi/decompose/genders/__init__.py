"""Women and men: gaps between them, and who is deprived beside whom in a household."""
