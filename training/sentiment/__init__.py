"""`python -m training.sentiment`: fit the sentiment classifier on labelled texts, and export it."""
