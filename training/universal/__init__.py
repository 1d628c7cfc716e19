"""`python -m training.universal`: train one network on synthetic series, to forecast any series."""
