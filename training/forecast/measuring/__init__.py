"""Forecasters on the folds and on the test set of one series: the split, the backtests, and the statistical methods."""
