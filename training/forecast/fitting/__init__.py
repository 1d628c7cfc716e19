"""The networks that are fitted to a series: their windows, their recipes, fine-tuning, and how they are cross-validated."""
