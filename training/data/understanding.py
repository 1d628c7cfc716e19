"""What was understood of a file, as two columns of text."""

import textwrap
from collections.abc import Mapping

from training.data.series.types import Panel, Series

WIDTH = 80
MAX_LABEL = 18


def show(understood: Mapping[str, str]) -> None:
    """Print labels and sentences as two columns, wrapped at 80 characters."""
    for line in lines(understood):
        print(line)


def lines(understood: Mapping[str, str], width: int = WIDTH) -> list[str]:
    """Return labels and sentences as lines of two columns."""
    column = min(max((len(label) for label in understood), default=0), MAX_LABEL) + 2
    found = []
    for label, text in understood.items():
        wrapped = textwrap.wrap(text, width - column, break_on_hyphens=False) or [""]
        first, *rest = wrapped
        found += [f"{label:<{column - 1}} {first}", *(" " * column + part for part in rest)]
    return found


def show_dry_run(panel: Panel, *, reads_one: bool = False) -> None:
    """Print what was understood and, in a form that programs read, what of it decides.

    reads_one: the command reads one series, so that one of a panel must be chosen.
    """
    show(panel.understood)
    print()
    show(facts(panel))
    for remark in panel.remarks:
        print("-", remark)
    if reads_one and len(panel.series) > 1:
        print("- this command reads one series: choose it with --series-id, or with --value-column")


def facts(panel: Panel) -> dict[str, str]:
    """Return the columns by name, counts, ISO dates, the frequency's alias and the season."""
    series = list(panel.series.values())
    return {
        **{f"{role} column": name for role, name in panel.columns.items()},
        "series": str(len(series)),
        "readings": str(sum(len(each.readings) for each in series)),
        "filled": str(sum(int(each.filled.sum()) for each in series)),
        "first date": min(_iso(each, 0) for each in series),
        "last date": max(_iso(each, -1) for each in series),
        "frequency": series[0].frequency,
        "season": str(series[0].season_length),
    }


def _iso(series: Series, position: int) -> str:
    date = series.dates[position]
    is_day = bool((series.dates == series.dates.normalize()).all())
    return str(date.date().isoformat()) if is_day else str(date.isoformat())
