"""In process: models in, data frames out. No HTTP."""
