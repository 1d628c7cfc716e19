"""Which columns of a CSV hold the texts and their labels, if the user does not say."""

import re
from pathlib import Path

import pandas as pd

from training.data.tables import DataError, list_columns

LABEL_NAMES = frozenset(
    {"label", "labels", "sentiment", "class", "target", "polarity", "category", "topic", "intent", "emotion", "opinion"}
)
RATING_NAMES = frozenset({"rating", "ratings", "star", "stars", "score", "overall"})
FLAG_NAMES = frozenset({"verified", "purchase", "is", "has", "helpful", "vine", "id"})
FLAGS = frozenset({"true", "false", "yes", "no", "y", "n", "t", "f"})
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def detect_label_column(table: pd.DataFrame, path: Path, wants_ratings: bool = False) -> str:
    """Return the column of labels: the one whose name says so, or the one with two values that are no flags.

    A name that is a label word comes before one that ends in it (`airline_sentiment`), then one that names ratings, or first
    if `wants_ratings`. Where only one column remains beside the texts, it is that. Raises DataError if none or several match.
    """
    names = [str(name) for name in table.columns]
    labels = [[n for n in names if n.lower() in LABEL_NAMES], [n for n in names if _last_word(n) in LABEL_NAMES]]
    ratings = [[n for n in names if n.lower() in RATING_NAMES], [n for n in names if _last_word(n) in RATING_NAMES]]
    by_values = [n for n in names if _has_two_labels(table[n])]
    others = [n for n in names if n != detect_text_column(table, None, path)]
    by_name = [*ratings, *labels] if wants_ratings else [*labels, *ratings]
    for candidates in (*by_name, by_values, others):
        if len(candidates) == 1:
            return candidates[0]
        if len(candidates) > 1:
            break
    raise DataError(f"{path}: cannot tell the label column among {list_columns(table)}; name it with --label-column")


def detect_text_column(table: pd.DataFrame, label_column: str | None, path: Path) -> str:
    """Return the column whose cells have the most spaces, at least one each on average. Raises DataError without one."""
    others = [name for name in table.columns if name != label_column]
    spaces = {str(n): table[n].dropna().astype(str).head(200).str.count(" ").mean() for n in others}
    wordy = [name for name, count in spaces.items() if count >= 1]
    if not wordy:
        raise DataError(f"{path}: no column holds texts among {list_columns(table)}; name it with --text-column")
    return max(wordy, key=lambda name: spaces[name])


def _last_word(name: str) -> str:
    """`airline_sentiment` and `reviewSentiment` → sentiment."""
    words = WORD.findall(name)
    return words[-1].lower() if words else ""


def _has_two_labels(column: "pd.Series[str]") -> bool:
    """Whether a column has two values and is no flag, such as `verified_purchase`: true and false, or named like one."""
    values = {str(value).strip().lower() for value in column.dropna().unique()[:3]}
    is_flag = values <= FLAGS or FLAG_NAMES.intersection(word.lower() for word in WORD.findall(str(column.name)))
    return len(values) == 2 and not is_flag
