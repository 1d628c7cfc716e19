"""The columns whose values tell several series of a file apart."""

from itertools import combinations

import pandas as pd

from training.data.series.column_kinds import Kinds
from training.data.series.date_columns import DateColumns

MIN_ROWS = 3  # of a series, on average
MAX_COLUMNS = 3  # of an id that several columns make together


def find_ids(kinds: Kinds, dates: DateColumns, values: tuple[str, ...]) -> tuple[str, ...]:
    """Return the fewest columns under whose values every date stands once; none if the dates do so alone."""
    if not dates.texts.duplicated().any():
        return ()
    candidates = _candidates(kinds, dates, values)
    for count in range(1, MAX_COLUMNS + 1):
        for names in combinations(candidates, count):
            if _tells_apart(kinds, dates, names):
                return names
    repeating = [names for names in combinations(candidates, 1) if _nearly_tells_apart(kinds, dates, names)]
    return repeating[0] if repeating else ()


def _candidates(kinds: Kinds, dates: DateColumns, values: tuple[str, ...]) -> list[str]:
    """Columns named as ids first, then those of texts."""
    others = [name for name in kinds.names if name not in (*dates.names, *values)]
    named = [name for name in others if kinds.is_named_id(name)]
    texts = [name for name in others if name not in kinds.numbers and name not in named]
    many = len(kinds.table.frame) / MIN_ROWS
    return [name for name in (*named, *texts)[:8] if 1 < kinds.column(name).nunique() <= many]


def _tells_apart(kinds: Kinds, dates: DateColumns, names: tuple[str, ...]) -> bool:
    return not _together(kinds, dates, names).duplicated().any()


def _nearly_tells_apart(kinds: Kinds, dates: DateColumns, names: tuple[str, ...]) -> bool:
    """Whether a few dates alone stand twice under one id, which is reported as the fault it is."""
    return kinds.is_named_id(names[0]) and float(_together(kinds, dates, names).duplicated().mean()) < 0.05


def _together(kinds: Kinds, dates: DateColumns, names: tuple[str, ...]) -> pd.DataFrame:
    parts = {str(i): kinds.column(name) for i, name in enumerate(names)}
    return pd.DataFrame({"date": dates.texts, **parts})
