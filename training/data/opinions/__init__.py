"""The sets of opinions from which the shipped sentiment model learns: films, products, places, posts, tweets, news."""

from training.data.opinions.collection import Collection, Part, read_collection
from training.data.opinions.sets import SETS, OpinionSet

__all__ = ["SETS", "Collection", "OpinionSet", "Part", "read_collection"]
