"""From the labels of a file to classes: names of any kind, or spellings of negative, neutral and positive."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from service.interfaces import Labels
from training.data.tables import DataError, Table
from training.data.texts.ratings import NEGATIVE, NEUTRAL, POSITIVE, suggest, to_ratings

OPINIONS = (NEGATIVE, NEUTRAL, POSITIVE)
WORDS = {
    **dict.fromkeys(("neg", "negative"), NEGATIVE),
    **dict.fromkeys(("neu", "neut", "neutral"), NEUTRAL),
    **dict.fromkeys(("pos", "positive"), POSITIVE),
}
PAIRS = {"bad": NEGATIVE, "good": POSITIVE, "false": NEGATIVE, "true": POSITIVE, "no": NEGATIVE, "yes": POSITIVE}
NUMBERS: dict[frozenset[float], dict[float, str]] = {
    frozenset({0.0, 1.0}): {0.0: NEGATIVE, 1.0: POSITIVE},
    frozenset({-1.0, 1.0}): {-1.0: NEGATIVE, 1.0: POSITIVE},
    frozenset({-1.0, 0.0, 1.0}): {-1.0: NEGATIVE, 0.0: NEUTRAL, 1.0: POSITIVE},
}
MAX_CLASSES = 50
MAX_NAME = 64  # characters
NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")
HINT = "--stars LOW HIGH makes ratings labels, and --label-column names another column"


@dataclass(frozen=True)
class Classes:
    """The names of the classes, and which class each label of the file is.

    `spellings` has the labels in lower case, `poles` the names of the negative and the positive class, if there are any.
    """

    names: tuple[str, ...]
    poles: tuple[str, str] | None
    spellings: Mapping[str, str]

    def encode(self, column: "pd.Series[str]", table: Table) -> Labels:
        """Return the class number of each label. Raises DataError for a label that is none of the classes."""
        known = {**{name.casefold(): name for name in self.names}, **self.spellings}
        for word, name in WORDS.items():
            if name in self.names:
                known.setdefault(word, name)
        names = column.str.casefold().map(known)
        if names.isna().any():
            value = column[names.isna()].iloc[0]
            listed = ", ".join(f"'{name}'" for name in self.names[:10])
            raise DataError(
                f"{table.path}: the label '{value}' in {table.where(names.isna())} is none of the classes {listed}"
            )
        return names.map({name: number for number, name in enumerate(self.names)}).to_numpy().astype(np.int64)


def find_classes(column: "pd.Series[str]", positive: str | None, negative: str | None, table: Table) -> Classes:
    """Return the classes of a column of labels. Raises DataError for a column that does not hold classes.

    Labels that differ only in case are one class. `positive` and `negative` name the poles as the file writes them; of two
    classes one pole is enough. Without them, opinions in any spelling become negative, neutral and positive. The negative
    class comes first, the positive one last, the others by name.
    """
    written = _most_frequent_spellings(column)
    _check_count(written, column, table)
    spellings = _as_opinions(written) if positive is None and negative is None else None
    if spellings is not None:
        names = tuple(name for name in OPINIONS if name in spellings.values())
        return Classes(names, (NEGATIVE, POSITIVE), spellings)
    poles = _poles(written, positive, negative, table)
    spellings = _with_names_for_numbers(written, poles, column, table)
    named = None if poles is None else (spellings[poles[0]], spellings[poles[1]])
    return Classes(_ordered(sorted(set(spellings.values()), key=str.casefold), named), named, spellings)


def _most_frequent_spellings(column: "pd.Series[str]") -> dict[str, str]:
    """Each label in lower case, and how the file writes it most often."""
    counts = column.value_counts()
    frequent = {str(name).casefold(): str(name) for name in reversed(counts.index.tolist())}
    return {key: frequent[key] for key in sorted(frequent)}


def _check_count(written: Mapping[str, str], column: "pd.Series[str]", table: Table) -> None:
    names = list(written.values())
    if len(names) == 1:
        raise DataError(f"{table.path}: every label is '{names[0]}'; two classes or more are needed")
    if len(names) > MAX_CLASSES:
        examples = ", ".join(f"'{name[:MAX_NAME]}'" for name in names[:5])
        raise DataError(
            f"{table.path}: '{column.name}' has {len(names)} different values ({examples}, …), and at most {MAX_CLASSES} classes "
            f"can be learnt: {HINT}"
        )
    long = next((name for name in names if len(name) > MAX_NAME), None)
    if long is not None:
        raise DataError(
            f"{table.path}: the label '{long[:MAX_NAME]}…' is longer than {MAX_NAME} characters; shorten it, or name the label "
            "column with --label-column"
        )


def _as_opinions(written: Mapping[str, str]) -> dict[str, str] | None:
    """The class of each label if all are spellings of negative, neutral or positive, and both poles occur."""
    found: dict[str, str | None] = {label: WORDS.get(label) for label in written}
    if len(written) == 2 and None in found.values():
        found = {label: PAIRS.get(label) for label in written}
    if all(NUMBER.fullmatch(label) for label in written):
        values = {label: float(label) for label in written}
        meanings = NUMBERS.get(frozenset(values.values()), {})
        found = {label: meanings.get(value) for label, value in values.items()}
    opinions = {label: name for label, name in found.items() if name is not None}
    return opinions if len(opinions) == len(written) and {NEGATIVE, POSITIVE} <= set(opinions.values()) else None


def _poles(
    written: Mapping[str, str], positive: str | None, negative: str | None, table: Table
) -> tuple[str, str] | None:
    """The labels, in lower case, of the negative and the positive class."""
    if positive is None and negative is None:
        first, second = ([label for label in written if WORDS.get(label) == pole] for pole in (NEGATIVE, POSITIVE))
        return (first[0], second[0]) if len(first) == len(second) == 1 else None
    low, high = (_given(written, name, table) for name in (negative, positive))
    if len(written) > 2 and None in (low, high):
        raise DataError(f"{table.path}: has {len(written)} classes; name both poles, with --negative and --positive")
    if low == high:
        raise DataError("--negative and --positive name the same class")
    low = low or next(label for label in written if label != high)
    return low, high or next(label for label in written if label != low)


def _given(written: Mapping[str, str], name: str | None, table: Table) -> str | None:
    """The label that an option names, in lower case."""
    if name is not None and name.strip().casefold() not in written:
        listed = ", ".join(f"'{value}'" for value in written.values())
        raise DataError(f"{table.path}: no label is '{name}'; they are {listed}")
    return None if name is None else name.strip().casefold()


def _with_names_for_numbers(
    written: Mapping[str, str], poles: tuple[str, str] | None, column: "pd.Series[str]", table: Table
) -> dict[str, str]:
    """The class of each label; numbers get names if they are two poles and at most one label between."""
    ratings = to_ratings(pd.Series(list(written), dtype=object).astype(str))
    if ratings.isna().any():
        return dict(written)
    if poles is None or len(written) > 3:
        values = sorted(set(ratings.tolist()))
        raise DataError(f"{table.path}: {_number_fault(values, str(column.name))}")
    return {label: NEGATIVE if label == poles[0] else POSITIVE if label == poles[1] else NEUTRAL for label in written}


def _number_fault(values: Sequence[float], column: str) -> str:
    listed = ", ".join(f"{value:g}" for value in values[:10]) + (", …" if len(values) > 10 else "")
    return (
        f"the labels in '{column}' are the numbers {listed}, which may be ratings or classes. For ratings give "
        f"{suggest(values)}: up to the first number is negative, from the second on positive, and between them neutral. "
        "For classes write their names in the file. --label-column names another column"
    )


def _ordered(names: Sequence[str], poles: tuple[str, str] | None) -> tuple[str, ...]:
    """The negative pole first, the positive one last."""
    if poles is None:
        return tuple(names)
    return (poles[0], *(name for name in names if name not in poles), poles[1])
