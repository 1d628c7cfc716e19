"""The progress of a long run: a bar on a terminal, and one line at the end."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from ..bulk.run import Progress, Report

REFRESHES = 4  # a second


class Speed:
    """Rows a second, and the time that is left."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begin = clock()
        self._first: Progress | None = None  # what was there before the first batch of this run

    def seconds(self) -> float:
        return max(self._clock() - self._begin, 1e-9)

    def rate(self, progress: Progress) -> float:
        """Rows of the input that this run has read in a second."""
        return (progress.read - progress.done) / self.seconds()

    def left(self, progress: Progress) -> float | None:
        """Seconds that the rest will take, if the size of the input is known."""
        if not progress.total or not progress.end or progress.read == progress.done:
            return None
        share = 1 - progress.done / progress.read  # of what is read so far, the part that this run has read
        return self.seconds() * (progress.total - progress.end) / max(progress.end * share, 1)


@contextmanager
def showing(path: Path | None, *, quiet: bool) -> Iterator[Report]:
    """Yield what is to be called with the progress."""
    speed, last = Speed(), Progress(0, 0, 0, 0, None)

    def note(progress: Progress) -> None:
        nonlocal last
        last = progress

    if quiet or not sys.stderr.isatty():
        yield note
    else:
        with _bar(speed) as draw:

            def both(progress: Progress) -> None:
                note(progress)
                draw(progress)

            yield both
    if not quiet:
        print(summary(last, speed, path), file=sys.stderr)


@contextmanager
def _bar(speed: Speed) -> Iterator[Report]:
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[said]}"))
    with Bar(*columns, console=Console(stderr=True), refresh_per_second=REFRESHES, transient=True) as bar:
        task = bar.add_task("", total=None, said="loading the model")

        def draw(progress: Progress) -> None:
            bar.update(task, total=progress.total, completed=progress.end, said=said(progress, speed))

        yield draw


def said(progress: Progress, speed: Speed) -> str:
    """Return the words beside the bar."""
    left = speed.left(progress)
    errors = f" · {progress.errors:,} with errors" if progress.errors else ""
    rest = "" if left is None else f" · {_clock(left)} left"
    return f"{progress.read:,} rows · {speed.rate(progress):,.0f} rows/s{errors}{rest}"


def summary(progress: Progress, speed: Speed, path: Path | None) -> str:
    """Return the line at the end."""
    before = f", {progress.done:,} of them before" if progress.done else ""
    written = "" if progress.rows == progress.read else f", {progress.rows:,} written"
    where = f" → {path}" if path is not None else ""
    return (
        f"{progress.read:,} rows read{before}{written}, {progress.errors:,} with errors, in {_clock(speed.seconds())} "
        f"({speed.rate(progress):,.0f} rows/s){where}"
    )


def _clock(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
