"""One network: what it begins with, how it is fitted, and the networks of several seeds."""
