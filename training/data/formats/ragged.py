"""Why a row has more or fewer cells than the header, and what to do."""

from pathlib import Path

from training.data.errors import DataError
from training.data.formats.cells import kind
from training.data.formats.records import Record


def refuse(record: Record, columns: int, first: Record, named: bool, path: Path) -> DataError:
    """Return the error for a row of another number of cells; it shows the row, the likely reason and the remedy."""
    count = len(record.cells)
    whole = f"the header in line {first.line}" if named else f"line {first.line}"
    return DataError(
        f"{path}: line {record.line} has {count} field{'' if count == 1 else 's'}, {whole} has {columns} "
        f"('{record.show()}'): {remedy(record, columns)}"
    )


def remedy(record: Record, columns: int) -> str:
    """Return the likely reason for a row of another number of cells, and what to do."""
    count, kinds = len(record.cells), [kind(cell) for cell in record.cells]
    if count < columns:
        return (
            "is the row cut off, or a delimiter missing? Write a delimiter also after an empty cell, or remove the row"
        )
    if "number" in kinds[-2:] and kinds[-2] == "number":
        return (
            "does a number contain the delimiter, as decimal comma or between thousands? Put such numbers in quotes, or "
            "export with another delimiter (--delimiter reads ; | or tab)"
        )
    return "does a text contain the delimiter? Put it in quotes, double the quotes inside it, or export with another delimiter"
