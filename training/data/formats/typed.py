"""Cells that have a type, from workbooks and Parquet, as texts: dates in ISO form, whole numbers without a point."""

import math
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

import pandas as pd

MAX_WHOLE = 1e15  # greater floats are not exact
MAX_DIGITS = 40


def to_texts(values: Sequence[object]) -> list[str]:
    """Return the values of one column as texts; times of day are left out if all are midnight."""
    stamps = [
        pd.Timestamp(value).round("ms") if isinstance(value, (date, datetime)) and not pd.isna(value) else None
        for value in values
    ]
    are_days = all(stamp is None or (stamp == stamp.normalize() and stamp.tzinfo is None) for stamp in stamps)
    return [
        to_text(value) if stamp is None else stamp.strftime("%Y-%m-%d") if are_days else stamp.isoformat(sep=" ")
        for value, stamp in zip(values, stamps, strict=True)
    ]


def to_text(value: object) -> str:
    """Return one value, which is no date, as text; a missing one is empty."""
    if isinstance(value, str):
        return value
    if value is None or value is pd.NaT or value is pd.NA:
        return ""
    if isinstance(value, float):  # numpy's float64 too
        return _float_to_text(float(value))
    if isinstance(value, bytes):
        return value.decode("utf-8", errors="replace")
    return str(value)


def _float_to_text(value: float) -> str:
    if math.isnan(value):
        return ""
    if value.is_integer() and abs(value) < MAX_WHOLE:
        return str(int(value))
    text = repr(value)
    if "e" in text and len(plain := format(Decimal(text), "f")) <= MAX_DIGITS:
        return plain
    return text
