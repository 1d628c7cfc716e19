"""From errors to a decision: the ranking, which forecaster is recommended, which answers unasked, and what to call."""
