"""Names of columns that are unique, and columns that hold nothing."""

from collections import Counter
from collections.abc import Sequence

import pandas as pd

MAX_REMARKS = 5
MAX_NAME = 200  # characters


def name_columns(cells: Sequence[str], named: bool) -> tuple[list[str], list[str]]:
    """Return unique names, and remarks on those that were empty or repeated. Without a header they are numbered."""
    names, remarks, used = list[str](), list[str](), Counter[str]()
    taken = {" ".join(cell.split()) for cell in cells}
    for number, cell in enumerate(cells, 1):
        name = " ".join(cell.split())[:MAX_NAME]
        if number == 1:
            name = name.removeprefix("#").lstrip()
        if not name:
            name = f"column {number}"
            remarks += [f"column {number} has no name"] if named else []
        if used[name]:
            again = f"{name}.{used[name]}"
            while again in taken or again in used:
                again += "'"
            remarks.append(f"'{name}' is there twice; column {number} is called '{again}'")
            used[name] += 1
            name = again
        used[name] += 1
        names.append(name)
    return names, _shorten(remarks)


def drop_columns(frame: pd.DataFrame, named: bool = True) -> tuple[pd.DataFrame, list[str]]:
    """Return the frame without columns that are empty or only count the rows, and remarks on them."""
    empty = [str(name) for name in frame.columns if frame[name].isna().all()]
    remarks = [f"column '{name}' is empty and left out" for name in empty]
    first = str(frame.columns[0])
    has_others = named and len(frame.columns) - len(empty) > 2 and first not in empty
    index = [first] if has_others and _is_index(frame[first]) else []
    remarks += [f"column '{name}' only counts the rows and is left out" for name in index]
    kept = frame.drop(columns=[*empty, *index])
    return (kept, _shorten(remarks)) if len(kept.columns) else (frame, [])


def _is_index(column: "pd.Series[str]") -> bool:
    """Whether a column without a name counts the rows from 0 or 1 on: the index that pandas and R write."""
    if str(column.name) not in ("column 1", "Unnamed: 0") or column.iloc[0] not in ("0", "1"):
        return False
    start = int(column.iloc[0])
    return len(column) > 1 and column.tolist() == [str(start + i) for i in range(len(column))]


def _shorten(remarks: list[str]) -> list[str]:
    more = len(remarks) - MAX_REMARKS
    return remarks if more <= 0 else [*remarks[:MAX_REMARKS], f"and {more} more like these"]
