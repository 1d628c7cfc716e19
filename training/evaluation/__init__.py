"""How good a model is: metrics, baselines, backtests, calibration, and the log of looks at test sets."""
