"""How good a model is: metrics, baselines, backtests, calibration, and the log of test-set evaluations."""
