"""The protocol of the Nixtla client: forecasts, cross-validation and anomalies of many series, in flat arrays."""
