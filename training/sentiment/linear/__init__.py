"""Linear models of n-grams: those within and beside a network, and scikit-learn's for comparison."""
