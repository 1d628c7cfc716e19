"""What separates the columns of a text file."""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from training.data.formats.cells import kind
from training.data.formats.encoding import Text

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
NO_DELIMITER = "\x1f"  # a control character, which texts do not hold: every line is one cell
SAMPLE_LINES = 400
SAMPLE_CHARACTERS = 1 << 17
MIN_AGREEMENT = 0.5  # of the rows have the most frequent number of fields
SEP_LINE = re.compile(r"\"?sep=(.)\"?[,;\t]*", re.IGNORECASE)  # Excel's


@dataclass(frozen=True)
class Dialect:
    """How a text file is written: the delimiter, and the character that escapes a quote where quotes are not doubled.

    `first_line` is 2 after a line `sep=;`, else 1.
    """

    delimiter: str
    escape: str | None = None
    quoted: bool = True
    first_line: int = 1

    @property
    def name(self) -> str:
        """What stands between columns, for people."""
        if self.delimiter == NO_DELIMITER:
            return "one column"
        return f"{DELIMITERS.get(self.delimiter, repr(self.delimiter))} between columns"

    def options(self) -> dict[str, object]:
        """Return the arguments of csv.reader."""
        return {
            "delimiter": self.delimiter,
            "quoting": csv.QUOTE_MINIMAL if self.quoted else csv.QUOTE_NONE,
            "escapechar": self.escape if self.quoted else None,
            "doublequote": self.escape is None,
            "skipinitialspace": self.delimiter != "\t",
        }


def sample_lines(text: Text) -> list[str]:
    """Return the first lines, bounded in number and in length."""
    lines = list(islice(text.lines(), SAMPLE_LINES))
    total, kept = 0, list[str]()
    for line in lines:
        total += len(line)
        if total > SAMPLE_CHARACTERS and kept:
            break
        kept.append(line[:SAMPLE_CHARACTERS])
    return kept


def find_dialect(text: Text, delimiter: str | None, min_columns: int) -> Dialect:
    """Return how a file is written; a file with one column only if `min_columns` allows it."""
    lines = sample_lines(text)
    first_line = 1
    if lines and (match := SEP_LINE.fullmatch(lines[0].strip("\r\n \ufeff"))):
        delimiter, first_line, lines = delimiter or match[1], 2, lines[1:]
    escape = "\\" if sum('\\"' in line for line in lines) and not any('\\""' in line for line in lines) else None
    if delimiter is not None:
        return Dialect(delimiter, escape, first_line=first_line)
    scores = {mark: score(lines, mark, min_columns < 2) for mark in DELIMITERS}
    best = max(scores, key=lambda mark: scores[mark])
    return Dialect(best if scores[best] > 0 else NO_DELIMITER, escape, first_line=first_line)


def score(lines: Sequence[str], delimiter: str, whole: bool) -> float:
    """Return how well a delimiter explains the lines: agreement on the number of fields, times the share of clean cells.

    A cell is clean if it is a number or a date, or holds no other delimiter. Quotes are obeyed, and ignored where that
    agrees better. `whole` asks that all rows agree, from the first on: else the file may be one column of texts.
    """
    return max(
        _score(rows, delimiter, whole) for rows in (_split(lines, delimiter, True), _split(lines, delimiter, False))
    )


def _score(rows: Sequence[Sequence[str]], delimiter: str, whole: bool) -> float:
    counts = Counter(len(row) for row in rows)
    columns = max((n for n in counts if n > 1), key=lambda n: (counts[n], n), default=0)
    if not columns:
        return 0.0
    agreement = counts[columns] / len(rows)
    if agreement < MIN_AGREEMENT or (whole and agreement < 1):
        return 0.0
    cells = [cell for row in rows[-100:] if len(row) == columns for cell in row]
    others = [mark for mark in DELIMITERS if mark != delimiter]
    clean = sum(kind(cell) != "text" or not any(mark in cell for mark in others) for cell in cells) / len(cells)
    return agreement * (0.2 + 0.8 * clean)


def _split(lines: Sequence[str], delimiter: str, quoted: bool) -> list[list[str]]:
    """The rows of the lines that are not blank, without the empty field after a trailing delimiter."""
    options = Dialect(delimiter, quoted=quoted).options()
    try:
        rows = [row for row in csv.reader(io.StringIO("".join(lines), newline=""), **options) if any(row)]  # type: ignore[arg-type]
    except csv.Error:
        return []
    return rows
