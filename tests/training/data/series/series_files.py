"""Files of made-up series: dates in any form, values that rise by a half."""

from collections.abc import Callable, Sequence

import pandas as pd

COUNT = 36


def dates(
    start: str, frequency: str, form: str | Callable[[pd.Timestamp], str] = "%Y-%m-%d", count: int = COUNT
) -> list[str]:
    """Dates of a frequency, written in a form."""
    moments = pd.date_range(start, periods=count, freq=frequency)
    return [moment.strftime(form) if isinstance(form, str) else form(moment) for moment in moments]


def values(count: int = COUNT) -> list[float]:
    return [10 + 0.5 * i for i in range(count)]


def text_of(*columns: Sequence[object], names: str = "date,value", sep: str = ",") -> str:
    """A file of columns; without names it has no header."""
    rows = [sep.join(str(cell) for cell in row) for row in zip(*columns, strict=True)]
    return "\n".join([*([names.replace(",", sep)] if names else []), *rows]) + "\n"


def series(moments: Sequence[str], **layout: str) -> str:
    """A file of dates and values."""
    return text_of(moments, values(len(moments)), **layout)


def local(zone: str, form: str) -> Callable[[pd.Timestamp], str]:
    """Write a moment of UTC on a local clock: %z is +0100, %o +01:00, %h +01."""

    def write(moment: pd.Timestamp) -> str:
        there = moment.tz_localize("UTC").tz_convert(zone)
        offset = there.strftime("%z")
        return there.strftime(form.replace("%o", f"{offset[:3]}:{offset[3:]}").replace("%h", offset[:3]))

    return write


def midnight(zone: str, form: str) -> Callable[[pd.Timestamp], str]:
    """Write a local midnight with its offset from UTC."""

    def write(moment: pd.Timestamp) -> str:
        there = moment.tz_localize(zone)
        offset = there.strftime("%z")
        return there.strftime(form.replace("%o", f"{offset[:3]}:{offset[3:]}"))

    return write
