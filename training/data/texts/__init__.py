"""Labelled texts: read from a user's CSV or fetched, and audited. See tables.py for errors."""

from training.data.texts.language import ENGLISH
from training.data.texts.reading import Texts, exclude, normalize, read_texts, read_unlabelled
from training.data.texts.reviews import fetch_reviews

__all__ = ["ENGLISH", "Texts", "exclude", "fetch_reviews", "normalize", "read_texts", "read_unlabelled"]
