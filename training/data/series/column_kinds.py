"""What each column of a table may be: dates, parts of dates, numbers, ids."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from training.data.formats.numbers import parse_numbers
from training.data.options import SeriesOptions
from training.data.series import vocabulary
from training.data.series.clock_times import time_of_day
from training.data.series.dates import looks_like_dates
from training.data.series.vocabulary import month_number, names_one_of, plain, words
from training.data.tables import Table

SAMPLE = 500
INDEX_NAMES = frozenset(
    ["", "index", "idx", "id", "no", "nr", "row", "rownames", "rownum", "row_number", "#", "n", "obs", "t"]
)
MOMENTS = frozenset(["date", "datum", "time", "timestamp", "fecha"])
ID_WORDS = frozenset(["id", "uid", "uuid", "key"])
PARTS = {
    "year": vocabulary.YEAR_NAMES,
    "quarter": vocabulary.QUARTER_NAMES,
    "month": vocabulary.MONTH_NAMES,
    "week": vocabulary.WEEK_NAMES,
    "day": vocabulary.DAY_NAMES,
    "hour": vocabulary.HOUR_NAMES,
}
RANGES = {"year": (1500, 2200), "quarter": (1, 4), "month": (1, 12), "week": (1, 53), "day": (1, 31), "hour": (0, 24)}


@dataclass(frozen=True)
class Kinds:
    """The columns of a table, looked at by a sample of their cells."""

    table: Table
    options: SeriesOptions

    @cached_property
    def names(self) -> list[str]:
        return [str(name) for name in self.table.frame.columns]

    @cached_property
    def dates(self) -> dict[str, str]:
        """The columns of dates: "text", or "number" for one that may also be numbers."""
        found = {name: looks_like_dates(self.column(name), self.options) for name in self.names}
        return {name: kind for name, kind in found.items() if kind}

    @cached_property
    def numbers(self) -> list[str]:
        """The columns most of whose cells are numbers."""
        return [name for name in self.names if self._share_of_numbers(name) > 0.5]

    @cached_property
    def parts(self) -> dict[str, str]:
        """The columns that hold a part of the date by name and by content: part → column."""
        found: dict[str, str] = {}
        for part, names in PARTS.items():
            for name in self.names:
                if part not in found and names_one_of(name, names) and self._is_part(name, part):
                    found[part] = name
        return found

    def column(self, name: str) -> "pd.Series[str]":
        return self.table.frame[name]

    def sample(self, name: str) -> "pd.Series[str]":
        present = self.column(name).dropna()
        return present.iloc[:: max(1, len(present) // SAMPLE)].astype(str)

    def is_named_date(self, name: str) -> bool:
        return names_one_of(name, vocabulary.DATE_NAMES)

    def is_named_id(self, name: str) -> bool:
        return names_one_of(name, vocabulary.ID_NAMES)

    def is_named_part(self, name: str) -> bool:
        """Whether a column of numbers repeats a part of the date by its name."""
        names = frozenset().union(*PARTS.values(), {"weekday", "dayofweek", "dow", "doy", "dayofyear", "is_weekend"})
        return plain(name) in names

    def is_times(self, name: str) -> bool:
        """Whether a column holds times of the day, such as 14:30."""
        sample = self.sample(name)
        if not len(sample) or not (names_one_of(name, vocabulary.HOUR_NAMES) or sample.str.contains(":").all()):
            return False
        return all(time_of_day(text) >= 0 for text in sample) or self._is_part(name, "hour")

    def is_index(self, name: str) -> bool:
        """Whether a column numbers the rows: 0, 1, 2, … under a name such as `Unnamed: 0` or none."""
        if plain(name) not in INDEX_NAMES and not plain(name).startswith(("unnamed", "column ")):
            return False
        return self._counts(name)

    def is_moment(self, name: str) -> bool:
        """Whether a column is another form of the dates: by its cells, or by its name."""
        return self.dates.get(name) == "text" or not MOMENTS.isdisjoint(words(name))

    def is_id_number(self, name: str) -> bool:
        """Whether a column is named as numbers are that stand for things."""
        return not ID_WORDS.isdisjoint(words(name))

    def is_sequence(self, name: str) -> bool:
        """Whether the first column counts the rows."""
        return name == self.names[0] and self._counts(name)

    def _counts(self, name: str) -> bool:
        numbers = pd.to_numeric(self.column(name), errors="coerce").to_numpy(dtype=np.float64)
        return bool(len(numbers) > 1 and numbers[0] in (0, 1) and (np.diff(numbers) == 1).all())

    def _is_part(self, name: str, part: str) -> bool:
        sample = self.sample(name).map(plain)
        if part == "month" and len(sample) and sample.map(lambda text: month_number(text.strip(".")) is not None).all():
            return True
        if part in ("quarter", "week"):
            sample = sample.str.replace(r"^[a-z]+[-. ]?", "", regex=True)
        numbers = pd.to_numeric(sample, errors="coerce")
        least, most = RANGES[part]
        return bool(len(numbers) and (numbers % 1 == 0).all() and numbers.between(least, most).all())

    def _share_of_numbers(self, name: str) -> float:
        sample = self.sample(name)
        if not len(sample):
            return 0.0
        plain_numbers = pd.to_numeric(sample, errors="coerce").notna()
        if plain_numbers.mean() > 0.5:
            return 1.0
        found = parse_numbers(sample, self.options.decimal, self.table.decimal_hint)
        present = ~found.is_missing
        return float((~found.is_wrong[present]).mean()) if present.any() else 0.0
