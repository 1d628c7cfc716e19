"""Offline: data in, measured and verified model versions out. Never in the image."""
