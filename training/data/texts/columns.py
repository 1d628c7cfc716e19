"""Which columns of a table hold the texts and their labels, if the user does not say, and why."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from training.data.formats.cells import is_missing, main_kind, words
from training.data.tables import DataError, list_columns

LABEL_NAMES = words("label labels sentiment class target polarity category topic intent emotion opinion")
RATING_NAMES = words("rating ratings star stars score overall")
TEXT_NAMES = words(
    "text texts review reviews tweet comment comments content sentence message body document feedback answer"
)
TITLE_NAMES = words("title headline subject summary header caption name")
FLAG_NAMES = words("verified purchase is has helpful vine id")
FLAGS = words("true false yes no y n t f")
OPINIONS = words("neg negative neu neut neutral pos positive")
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
SAMPLE = 500  # rows
MIN_SPACES = 1.0  # of a text, on average
MIN_LENGTH = 8.0  # letters of a text without spaces, as in Chinese, on average
EQUAL = 0.75  # of the most words: a column with as many may be the text too


@dataclass(frozen=True)
class Choice:
    """A column, and why it was chosen."""

    name: str
    why: str


def detect_label_column(
    table: pd.DataFrame, path: Path, wants_ratings: bool = False, text_column: str | None = None
) -> Choice:
    """Return the column of labels: the one whose name says so, or whose values do, and that is no flag.

    A name that is a label word comes before one that ends in it (`airline_sentiment`), then one that names ratings, or first
    if `wants_ratings`; then the column whose values are opinions, or two values. Where only one column remains beside the texts,
    it is that. Raises DataError if none or several match equally well.
    """
    names = [str(name) for name in table.columns]
    labels = [[n for n in names if n.lower() in LABEL_NAMES], [n for n in names if _last_word(n) in LABEL_NAMES]]
    ratings = [[n for n in names if n.lower() in RATING_NAMES], [n for n in names if _last_word(n) in RATING_NAMES]]
    text = text_column or _wordiest(table)
    rules = [
        (candidates, "its name says so")
        for candidates in ([*ratings, *labels] if wants_ratings else [*labels, *ratings])
    ]
    rules.append(([n for n in names if _has_opinions(table[n])], "its values are opinions"))
    rules.append(([n for n in names if _has_two_labels(table[n])], "it is the only one with two values"))
    for candidates, why in rules:
        usable = [name for name in candidates if name != text_column or why == "its name says so"]
        usable = [name for name in usable if not _is_flag(table[name]) and (text_column or name != text)]
        if len(usable) == 1:
            return Choice(usable[0], why)
        if usable:
            raise DataError(
                f"{path}: cannot tell the label column: {_both(usable)} may be it; name it with --label-column"
            )
    others = [name for name in names if name != text]
    if len(others) == 1 and not _has_flag_name(others[0]):
        return Choice(others[0], f"it is the only one beside '{text}'")
    raise DataError(f"{path}: cannot tell the label column among {list_columns(table)}; name it with --label-column")


def detect_text_column(table: pd.DataFrame, label_column: str | None, path: Path) -> Choice:
    """Return the column of texts: the only one, the one whose name says so, or the one with the most words.

    A title is not taken where another column holds texts. Raises DataError without a text, or if two columns match equally well.
    """
    others = [str(name) for name in table.columns if name != label_column]
    counts = {name: _count_words(table[name]) for name in others}
    texts = [name for name in others if counts[name] >= MIN_SPACES]
    if not texts:
        raise DataError(f"{path}: no column holds texts among {list_columns(table)}; name it with --text-column")
    bodies = [name for name in texts if _last_word(name) not in TITLE_NAMES] or texts
    named = [name for name in bodies if _last_word(name) in TEXT_NAMES]
    candidates = named or bodies
    most = max(candidates, key=lambda name: counts[name])
    equal = [name for name in candidates if counts[name] >= EQUAL * counts[most]]
    if len(equal) > 1:
        raise DataError(
            f"{path}: {_both(equal)} may be the texts; name one with --text-column, or join them in one column"
        )
    why = (
        f"its name says so, {counts[most] + 1:.0f} words on average"
        if named
        else f"{counts[most] + 1:.0f} words on average"
    )
    more = [name for name in texts if name != most]
    return Choice(most, f"{why}; texts in {_both(more)} are not read" if more else why)


def _wordiest(table: pd.DataFrame) -> str:
    """The column that is no label column: the one with the most words."""
    counts = {str(name): _count_words(table[name]) for name in table.columns}
    return max(counts, key=lambda name: counts[name])


def _both(names: Sequence[str]) -> str:
    return " and ".join(f"'{name}'" for name in names[:5])


def _count_words(column: "pd.Series[str]") -> float:
    """The mean number of spaces in a cell, or a guess from the letters where words are not spaced; 0 for numbers and dates."""
    cells = column.dropna().astype(str).head(SAMPLE)
    if cells.empty or main_kind(cells) in ("number", "date"):
        return 0.0
    spaces = float(cells.str.count(r"\s").mean())
    letters = float(cells.str.count(r"[\u3040-\u30ff\u3400-\u9fff\u0e00-\u0e7f]").mean())
    return max(spaces, letters / MIN_LENGTH)


def _last_word(name: str) -> str:
    """`airline_sentiment` and `reviewSentiment` → sentiment."""
    found = WORD.findall(name)
    return found[-1].lower() if found else ""


def _values(column: "pd.Series[str]", most: int) -> set[str]:
    """The different values in lower case without those that stand for none; up to so many."""
    values = (str(value).strip().lower() for value in column.dropna().unique()[: most + 5])
    return {value for value in values if not is_missing(value)}


def _has_opinions(column: "pd.Series[str]") -> bool:
    """Whether all values are spellings of negative, neutral and positive."""
    values = _values(column, len(OPINIONS))
    return len(values) >= 2 and values <= OPINIONS


def _has_two_labels(column: "pd.Series[str]") -> bool:
    return len(_values(column, 3)) == 2


def _is_flag(column: "pd.Series[str]") -> bool:
    """Whether a column is a flag such as `verified_purchase`, which says nothing about the text."""
    if _has_flag_name(str(column.name)) or _last_word(str(column.name)) in LABEL_NAMES | RATING_NAMES:
        return _has_flag_name(str(column.name))
    values = _values(column, 3)
    return bool(values) and values <= FLAGS


def _has_flag_name(name: str) -> bool:
    return bool(FLAG_NAMES.intersection(word.lower() for word in WORD.findall(name)))
