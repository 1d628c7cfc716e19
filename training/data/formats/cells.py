"""What kind of value a cell holds: a number, a date, a text, or none."""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Literal

Kind = Literal["number", "date", "text", "missing"]

MISSING = frozenset(
    {
        "",
        "na",
        "n/a",
        "n.a.",
        "nan",
        "null",
        "none",
        "nil",
        "nd",
        ".",
        "..",
        "...",
        "-",
        "--",
        "---",
        "–",
        "—",
        "?",
        ":",
    }
)
MISSING_ERRORS = re.compile(r"#[A-Z/0!?]{2,8}")  # Excel's: #N/A, #DIV/0!, #REF!
NUMBER = re.compile(
    r"[(<+\-−–]{0,2}\s*(?:[$€£¥₹]|[A-Z]{2,3}\$?\s)?\s*[+\-−–]?(?:\d[\d.,'’_\s]*|[.,]\d+)(?:[eE][+-]?\d+)?\s*-?\)?"
    r"\s*(?:%|[$€£¥₹]|[A-Z]{3}|kr|zł)?\s*\)?"
)
LETTERS = re.compile(r"[^\W\d_]+")
ISO_TIME = re.compile(r"\dT\d|\dZ$|[TZ]$")
MARKS = re.compile(r"[-/.:,+\s'()–_]*")
MAX_DATE = 60  # characters


def words(text: str) -> frozenset[str]:
    """Return the words of a list."""
    return frozenset(text.split())


DATE_WORDS = words(
    """
    jan feb mar apr may jun jul aug sep sept oct nov dec january february march april june july august september october
    november december januar februar märz maerz mai juni juli oktober dezember mrz okt dez janvier février fevrier mars avril
    juin juillet août aout septembre octobre novembre décembre janv févr avr juil déc enero febrero marzo abril mayo junio
    julio agosto septiembre octubre noviembre diciembre ene abr ago dic mon tue wed thu fri sat sun tues thur thurs monday
    tuesday wednesday thursday friday saturday sunday am pm utc gmt est edt cst cdt mst mdt pst pdt cet cest bst q w m y kw cw
    wk week quarter qtr th st nd rd of to h t z
    """
)


def kind(cell: str) -> Kind:
    """Return what a cell holds. A date is digits, marks and words of dates; so is a year, which is a number too."""
    cell = cell.strip()
    if is_missing(cell):
        return "missing"
    if len(cell) > MAX_DATE or not any(map(str.isdecimal, cell)):
        return "text"
    if NUMBER.fullmatch(cell):
        return "date" if _has_date_marks(cell) else "number"
    letters = LETTERS.findall(cell)
    if any(word.lower() not in DATE_WORDS for word in letters):
        return "text"
    if letters in (["T"], ["t"]):  # an id such as T1, unless a time follows: 2020-01-01T00:00
        return "date" if ISO_TIME.search(cell) else "text"
    rest = re.sub(r"\d+", "", LETTERS.sub("", cell))
    return "date" if MARKS.fullmatch(rest) else "text"


def _has_date_marks(cell: str) -> bool:
    """01.02.2020 is a date, 1.234.567 is none."""
    return bool(re.fullmatch(r"\d{1,2}\.\s?\d{1,2}\.\s?(?:\d{2}|\d{4})\.?|\d{4}\.\d{1,2}\.\d{1,2}\.?", cell))


def is_missing(cell: str) -> bool:
    """Whether a cell is empty or a sign for no value: NA, null, a point, #N/A."""
    return cell.strip().casefold() in MISSING or bool(MISSING_ERRORS.fullmatch(cell.strip()))


def main_kind(cells: Iterable[str], share: float = 0.8) -> Kind:
    """Return the kind that most cells with a value have; text if none has most."""
    counts = Counter(kind(cell) for cell in cells)
    missing = counts.pop("missing", 0)
    if not counts:
        return "missing" if missing else "text"
    (most, count), total = counts.most_common(1)[0], counts.total()
    return most if count >= share * total else "text"
