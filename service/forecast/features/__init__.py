"""What the network of any series reads: blocks of history, and simple forecasts of the steps."""
