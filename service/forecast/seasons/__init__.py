"""How many readings make a season, and what a season adds."""
