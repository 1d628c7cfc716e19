"""The networks that are fitted to a series: recipes, building, training, fine-tuning, and cross-validation of each."""
