"""Rows of cells become a frame of texts, a part at a time, so that a million rows need little memory."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.data.errors import DataError

CHUNK = 20_000  # rows that are lists of cells at one time
MAX_CELLS = 50_000_000
TEXT = pd.Series(["a"]).dtype  # str in pandas 3, object in pandas 2


class FrameBuilder:
    """Collects rows of one length and the lines that they stand in."""

    def __init__(self, names: Sequence[str], path: Path) -> None:
        self.names, self.path = list(names), path
        self.cells: list[list[str]] = []
        self.chunks: list[pd.DataFrame] = []
        self.lines: list[int] = []

    def add(self, line: int, cells: list[str]) -> None:
        """Add a row. Raises DataError for more cells than a table may have."""
        self.cells.append(cells)
        self.lines.append(line)
        if len(self.cells) == CHUNK:
            self.chunks.append(to_frame(self.cells, self.names))
            self.cells = []
            if len(self.lines) * len(self.names) > MAX_CELLS:
                raise DataError(f"{self.path}: has more than {MAX_CELLS} cells; keep the columns that are needed")

    def finish(self) -> tuple[pd.DataFrame, npt.NDArray[np.int64]]:
        """Return all rows, and the line of each."""
        chunks = [*self.chunks, to_frame(self.cells, self.names)]
        frame = pd.concat(chunks, ignore_index=True) if len(chunks) > 1 else chunks[0]
        return frame, np.array(self.lines, dtype=np.int64)


def to_frame(cells: Sequence[Sequence[str]], names: Sequence[str]) -> pd.DataFrame:
    """Return a frame of stripped texts; empty ones are missing."""
    columns = list(zip(*cells, strict=True)) if cells else [()] * len(names)
    frame = pd.DataFrame({i: _to_column(column) for i, column in enumerate(columns)})
    frame.columns = pd.Index(names)
    return frame


def _to_column(cells: Sequence[str]) -> "pd.Series[str]":
    return pd.Series([text if (text := cell.strip()) else np.nan for cell in cells], dtype=TEXT)
