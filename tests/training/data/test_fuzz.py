"""Whatever a file holds, it is read or refused with a DataError.

The suite makes a few files. `GATECAST_FUZZ=5000 python -m pytest tests/training/data/test_fuzz.py` makes 5,000 for each test.
"""

import contextlib
import time

from hypothesis import given
from hypothesis import strategies as st

from tests import broken_files
from training.data.tables import DataError, FileOptions, Table, read_table

MAX_SECONDS = 20
OPTIONS = st.sampled_from(
    [
        FileOptions(),
        FileOptions(header=True),
        FileOptions(header=False),
        FileOptions(delimiter=";"),
        FileOptions(encoding="latin-1"),
    ]
)


def check(table: Table) -> None:
    """A table that was read is one: unique names, texts or missing cells, a line for each row."""
    names = list(table.frame.columns)
    assert len(set(names)) == len(names) > 0
    assert len(table.rows) == len(table.frame) > 0
    assert all(a < b for a, b in zip(table.rows[:-1], table.rows[1:], strict=True))
    assert table.frame.map(lambda cell: cell != cell or (isinstance(cell, str) and cell != "")).all(axis=None)
    assert all(isinstance(value, str) for value in table.understood.values())
    for name in names:
        numbers = table.numbers(name)
        assert len(numbers.values) == len(table.frame)


@broken_files.fuzz(few=60)
@given(data=broken_files.files(), options=OPTIONS, min_columns=st.sampled_from([1, 2]))
def test_a_broken_file_is_read_or_refused(tmp_path_factory, data, options, min_columns):
    """No other error than DataError, and no file takes long."""
    path = tmp_path_factory.getbasetemp() / "broken.csv"
    path.write_bytes(data)
    start = time.process_time()
    with contextlib.suppress(DataError):
        check(read_table(path, options, min_columns=min_columns))
    assert time.process_time() - start < MAX_SECONDS
