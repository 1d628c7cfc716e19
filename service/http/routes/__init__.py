"""One short file per resource; `common.py` holds what the routes share."""
