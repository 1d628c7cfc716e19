"""Ratings, such as stars, as negative, neutral and positive."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from training.data.tables import DataError, Table

NEGATIVE, NEUTRAL, POSITIVE = "negative", "neutral", "positive"
RATING = re.compile(r"^\s*([+-]?\d+(?:[.,]\d+)?)\s*(?:/\s*\d+|stars?|points?|★+|out of \d+)?\s*$")
MIN_NEUTRAL_SHARE = 0.05  # of the rated texts
MIN_NEUTRAL_TEXTS = 100


def rate(
    column: "pd.Series[str]", stars: tuple[float, float], has_neutral: bool | None, table: Table
) -> "pd.Series[str]":
    """Return negative for ratings up to the first number, positive from the second on; those between are neutral or missing.

    They are neutral if `has_neutral`; if it is None, if they are at least 100 and a twentieth of all. Raises DataError for
    ratings that are no numbers, or that leave a pole empty.
    """
    low, high = stars
    if low >= high:
        raise DataError(f"--stars {low:g} {high:g}: the first number must be below the second")
    ratings = to_ratings(column)
    if ratings.isna().any():
        raise DataError(
            f"{table.path}: column '{column.name}' has ratings that are no numbers in {table.where(ratings.isna())}"
        )
    is_negative, is_positive = ratings <= low, ratings >= high
    if has_neutral is None and not (is_negative.any() and is_positive.any()):
        raise DataError(
            f"{table.path}: ratings go from {ratings.min():g} to {ratings.max():g}; there must be ratings up to {low:g} "
            f"(negative) and from {high:g} on (positive)"
        )
    between = int((~is_negative & ~is_positive).sum())
    if has_neutral is None:
        has_neutral = between >= max(MIN_NEUTRAL_TEXTS, MIN_NEUTRAL_SHARE * len(ratings))
    names = np.where(is_negative, NEGATIVE, np.where(is_positive, POSITIVE, NEUTRAL))
    rated = pd.Series(names, column.index, dtype=object, name=column.name)
    return rated if has_neutral else rated.where(is_negative | is_positive)


def to_ratings(column: "pd.Series[str]") -> "pd.Series[float]":
    """Return the number in each rating: 4, 4.5, 4,5, 4/5, 4 stars, 4 out of 5; NaN where there is none."""
    numbers = column.str.extract(RATING.pattern, flags=re.IGNORECASE)[0].str.replace(",", ".")
    return pd.to_numeric(numbers, errors="coerce")


def suggest(values: Sequence[float]) -> str:
    """Return the option for ratings with these values, in ascending order: a third of the scale at each end."""
    step = (values[-1] - values[0]) // 3
    return f"--stars {values[0] + step:g} {values[-1] - step:g}"
