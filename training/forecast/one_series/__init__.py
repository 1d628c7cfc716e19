"""A run on one series: load it, measure and rank forecasters, export the best network, forecast what follows."""
