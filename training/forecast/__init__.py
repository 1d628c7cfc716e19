"""`python -m training.forecast`: fit forecasters on a series, rank them, export the best."""
