"""A text in, a calibrated prediction out."""
