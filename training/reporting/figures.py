"""Numbers as text, as they stand in tables and sentences: never 1e+06, and of one column with the same decimals."""

import math
from collections.abc import Sequence

import pandas as pd

from training.reporting.tables import MISSING

MAX_DECIMALS = 9
MAX_PLAIN = 1e15  # from here on with an exponent


def number(value: float | None, digits: int = 4) -> str:
    """Return a number with so many significant digits, thousands set off; a dash for none."""
    return column([value], digits)[0]


def column(values: Sequence[float | None], digits: int = 4) -> list[str]:
    """Return the numbers of a column with the same decimals: so many significant digits in the middle one of them."""
    places = decimals(values, digits)
    return [fixed(value, places) for value in values]


def decimals(values: Sequence[float | None], digits: int = 4) -> int:
    """Return the decimals that give the middle one of the numbers so many significant digits."""
    sizes = sorted(abs(value) for value in values if value is not None and math.isfinite(value) and value != 0)
    places = digits - 1 - math.floor(math.log10(sizes[len(sizes) // 2])) if sizes else 0
    return min(max(places, 0), MAX_DECIMALS)


def fixed(value: float | None, decimals: int) -> str:
    """Return a number with so many decimals; with an exponent if it would not be readable or look like 0."""
    if value is None or not math.isfinite(value):
        return MISSING
    text = f"{value:.4g}" if abs(value) >= MAX_PLAIN else f"{value:,.{decimals}f}"
    is_lost = value != 0 and not text.strip("-0.,")
    return f"{value:.2g}" if is_lost else text


def percent(share: float | None, decimals: int = 1) -> str:
    """Return a share in percent; a dash for none."""
    return MISSING if share is None or not math.isfinite(share) else f"{100 * share:.{decimals}f} %"


def seconds(value: float) -> str:
    """Return a duration: in seconds up to two minutes, then in minutes, then in hours."""
    if value < 120:
        return f"{value:.1f} s" if value < 10 else f"{value:.0f} s"
    return f"{value / 60:.1f} min" if value < 7200 else f"{value / 3600:.1f} h"


def dates(values: pd.DatetimeIndex) -> list[str]:
    """Return dates in ISO form; with the time of day where one is not midnight."""
    has_times = bool((values != values.normalize()).any())
    return [f"{value:%Y-%m-%d %H:%M:%S}".removesuffix(":00") if has_times else f"{value:%Y-%m-%d}" for value in values]
