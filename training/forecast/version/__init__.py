"""What is written down of a trained forecaster: its card, its golden answers, and by what it knows its series."""
