"""Rules: who is asked, and which answers mean deprived."""
