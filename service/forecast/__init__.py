"""Readings in, a forecast out."""
