"""Rows a second of Spark and Ray Data, which call Gatecast in their workers, beside one process without them."""
