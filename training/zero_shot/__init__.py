"""python -m training.zero_shot: forecasters on series that they have never seen, beside baselines and printed figures."""
