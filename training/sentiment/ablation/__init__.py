"""`python -m training.sentiment.ablation`: what each step of the recipe adds; its steps, and the table of their figures."""
