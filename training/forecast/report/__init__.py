"""What a run on one series says: the table in the terminal, and the page with its tables, sentences and pictures."""
