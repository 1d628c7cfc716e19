"""What a run says while it fits: a bar with count, time and time left; plain lines where the output is no terminal."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

BAR_WIDTH = 20


class Steps:
    """The steps of a run: `begin` names what is done now, `advance` counts a fit."""

    def __init__(self, total: int, console: Console, bar: Progress | None) -> None:
        self._total, self._console, self._bar = total, console, bar
        self._done, self._start = 0, time.monotonic()
        self._task = None if bar is None else bar.add_task("", total=total)

    def begin(self, what: str) -> None:
        """Name what is done now."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, description=what)
        else:
            self.say(f"[{minutes(time.monotonic() - self._start)}, {self._done} of {self._total}] {what}")

    def advance(self) -> None:
        """Count one fit."""
        self._done += 1
        if self._bar is not None and self._task is not None:
            self._bar.advance(self._task)

    def say(self, line: str) -> None:
        """Print a line beside the bar."""
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def steps(total: int, console: Console | None = None) -> Iterator[Steps]:
    """Show the progress of `total` fits."""
    console = console or Console()
    if not console.is_terminal:
        yield Steps(total, console, None)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(BAR_WIDTH),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        yield Steps(total, console, bar)


def minutes(seconds: float) -> str:
    """Return a time as minutes and seconds."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def about(seconds: float) -> str:
    """Return a rough time in words."""
    return f"{max(10, round(seconds, -1)):.0f} seconds" if seconds < 100 else f"{seconds / 60:.0f} minutes"
