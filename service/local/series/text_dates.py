"""Text and date objects → dates. ISO 8601 alone is read: other forms are ambiguous, and are not guessed."""

import warnings
from datetime import date

import numpy as np
import pandas as pd

from ..errors import DataError

MAX_SHOWN = 40  # characters of a value in a message


def is_text(labels: pd.Index) -> bool:
    """Whether labels are text or objects, which have to be read as dates."""
    return labels.dtype == object or pd.api.types.is_string_dtype(labels.dtype)


def read_dates(labels: pd.Index, where: str) -> pd.DatetimeIndex:
    """Return text as dates. Raises DataError, with the first one that is none; `where` is a column or the index."""
    dates = dates_of(labels)
    is_bad = np.asarray(dates.isna()) & ~np.asarray(labels.isna())
    if is_bad.any():
        raise DataError(
            f"{where} holds what is no ISO 8601 date such as 2016-11-01: {shown(labels[int(is_bad.argmax())])}; read it "
            "with pd.to_datetime(…, format=…) first"
        )
    return dates


def dates_of(labels: pd.Index) -> pd.DatetimeIndex:
    """Return text as dates, missing where it is none. Dates of several UTC offsets become those of UTC."""
    if labels.dtype == object:
        labels = pd.Index(
            [each if isinstance(each, str | date | np.datetime64) else None for each in labels], dtype=object
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pandas 2 warns of several UTC offsets, pandas 3 raises
        try:
            dates = pd.to_datetime(labels, format="ISO8601", errors="coerce")
        except ValueError:
            dates = None
        if not isinstance(dates, pd.DatetimeIndex):
            dates = pd.to_datetime(labels, format="ISO8601", errors="coerce", utc=True)
    return pd.DatetimeIndex(dates)


def shown(value: object) -> str:
    """A value in a message: short, in one line."""
    text = ascii(value) if isinstance(value, str) else ascii(str(value))[1:-1]
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"
