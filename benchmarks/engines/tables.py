"""The tables that are scored: short texts, series in lists, and the same series in rows. Written as Parquet."""

from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

READINGS = 60  # of a series
REVIEW = Path(__file__).parents[1] / "review.txt"
FILES = 4  # of a table, as a job before would have written it


def write_tables(directory: Path, texts: int, words: int, series: int) -> None:
    """Write all tables. Texts and series all differ, and are the same in every run."""
    frames = {"texts": _texts(texts, words), "series": _series(series), "panel": _panel(series)}
    for name, frame in frames.items():
        (directory / name).mkdir(parents=True)
        for number, rows in enumerate(np.array_split(np.arange(len(frame)), FILES)):
            frame.iloc[rows].to_parquet(directory / name / f"{number}.parquet", index=False, row_group_size=10_000)


def _texts(count: int, words: int) -> pd.DataFrame:
    return pd.DataFrame({"id": np.arange(count), "text": list(islice(_rotations(words), count))})


def _rotations(words: int) -> Iterator[str]:
    """The review's words from each of them on, with a number so that no text comes twice."""
    all_words = REVIEW.read_text().split()
    for number, begin in enumerate(cycle(range(len(all_words)))):
        rotated = (all_words[begin:] + all_words[:begin])[: words - 1]
        yield " ".join([*rotated, str(number)])


def _readings(count: int) -> Any:
    """A season of twelve, a trend and noise for each series."""
    random, steps = np.random.default_rng(0), np.arange(READINGS)
    season = random.normal(0, 3, (count, 12))[:, steps % 12]
    return 100 + season + random.normal(0, 0.1, (count, 1)) * steps + random.normal(0, 1, (count, READINGS))


def _series(count: int) -> pd.DataFrame:
    return pd.DataFrame({"id": np.arange(count), "readings": list(_readings(count))})


def _panel(count: int) -> pd.DataFrame:
    months = pd.date_range("2019-01-01", periods=READINGS, freq="MS", unit="us")
    ids = [f"s{number:07}" for number in range(count)]
    return pd.DataFrame(
        {
            "unique_id": np.repeat(ids, READINGS),
            "ds": np.tile(months.to_numpy(), count),
            "y": _readings(count).reshape(-1),
        }
    )
