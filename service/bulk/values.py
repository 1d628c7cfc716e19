"""Values as files write them: numbers, missing ones, lists of numbers."""

import json
import math
import re
from decimal import Decimal
from typing import Any

from .tables import ABSENT

MISSING = frozenset(["", "na", "n/a", "nan", "null", "none", "-", "?", "#n/a"])
DECIMAL_COMMA = re.compile(r"-?\d+,\d+")


def is_missing(value: Any) -> bool:
    """Whether a value says that there is none."""
    if value is None or value is ABSENT:
        return True
    if isinstance(value, str):
        return value.strip().lower() in MISSING
    return isinstance(value, float) and math.isnan(value)


def is_no_id(value: Any) -> bool:
    """Whether the value of an id column names no series."""
    return value == "" if isinstance(value, str) else is_missing(value)


def is_number(field: str) -> bool:
    """Whether a field of CSV is a number."""
    try:
        float(field)
    except ValueError:
        return False
    return field.strip().lower() not in MISSING


def to_number(value: Any, decimal: str = ".") -> float:
    """Return a value as a number; NaN where it is missing. Raises ValueError that says what it is instead."""
    if is_missing(value):
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError(f"{short(value)} is no number")
    try:
        return float(value.replace(decimal, ".") if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        is_comma = decimal == "." and DECIMAL_COMMA.fullmatch(str(value).strip())
        hint = "; --decimal , reads decimal commas" if is_comma else ""
        raise ValueError(f"{short(value)} is no number{hint}") from None


def to_numbers(value: Any, decimal: str = ".") -> list[float]:
    """Return a list of numbers: a list, JSON, or numbers parted by spaces, commas or semicolons. Raises ValueError."""
    if isinstance(value, str):
        value = _parse(value.strip(), decimal)
    if is_missing(value):
        raise ValueError("there are no readings")
    if not isinstance(value, list | tuple):
        raise ValueError(f"{short(value)} is no list of numbers")
    return [to_number(one, decimal) for one in value]


def _parse(text: str, decimal: str) -> Any:
    if not text.startswith("["):
        if decimal == ".":
            text = text.replace(",", ";")
        return [part.strip() for part in text.split(";")] if ";" in text else text.split() or None
    try:
        return json.loads(text.replace("NaN", "null").replace("nan", "null"))
    except (ValueError, RecursionError):
        raise ValueError(f"{short(text)} is no list of numbers") from None


def short(value: Any) -> str:
    """A value for a message."""
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "…" + text[-1]
