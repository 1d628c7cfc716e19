"""The table of a Parquet file, read by pyarrow."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from training.data.errors import DataError
from training.data.formats.columns import drop_columns, name_columns
from training.data.formats.frames import MAX_CELLS, TEXT
from training.data.formats.grid import Grid
from training.data.formats.source import MAX_BYTES
from training.data.formats.typed import to_texts


def read_parquet(data: bytes, path: Path) -> Grid:
    """Return the table of a Parquet file. Raises DataError for one that is damaged, too large or without rows."""
    try:
        frame, nested = _read(data, path)
    except (pa.ArrowException, OSError, ValueError, TypeError, OverflowError, KeyError, IndexError) as error:
        raise DataError(f"{path}: is a damaged Parquet file: {error}") from error
    if frame.empty:
        raise DataError(f"{path}: has no rows or no columns")
    names, remarks = name_columns([str(name) for name in frame.columns], named=True)
    texts = {i: _to_column(frame.iloc[:, i]) for i in range(len(names))}
    made = pd.DataFrame(texts)
    made.columns = pd.Index(names)
    made, dropped = drop_columns(made)
    understood = {"file": f"Parquet, {len(frame)} records", "header": ", ".join(f"'{name}'" for name in names[:10])}
    remarks = [*remarks, *dropped, *(f"column '{name}' holds lists or records and is left out" for name in nested)]
    if remarks:
        understood["columns"] = "; ".join(remarks)
    return Grid(made, np.arange(1, len(frame) + 1), understood)


def _read(data: bytes, path: Path) -> tuple[pd.DataFrame, list[str]]:
    """The frame, with a named or dated index as columns, and the names of columns that hold lists or records."""
    file = pq.ParquetFile(io.BytesIO(data))
    metadata = file.metadata
    size = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
    if metadata.num_rows * max(1, metadata.num_columns) > MAX_CELLS or size > MAX_BYTES:
        raise DataError(
            f"{path}: has more than {MAX_CELLS} cells or {MAX_BYTES} bytes; keep the columns that are needed"
        )
    nested = [field.name for field in file.schema_arrow if pa.types.is_nested(field.type)]
    table = file.read()
    frame = table.select([name for name in table.column_names if name not in nested]).to_pandas()
    if not isinstance(frame.index, pd.RangeIndex):
        frame = frame.reset_index()
    return frame, nested


def _to_column(column: "pd.Series[Any]") -> "pd.Series[str]":
    texts = [text.strip() or np.nan for text in to_texts(column.astype(object).tolist())]
    return pd.Series(texts, dtype=TEXT)
