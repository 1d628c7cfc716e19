"""Scoring functions without a model, and runs over small files."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from service.bulk.formats import Dialect, output_form
from service.bulk.job import PanelTask, SeriesTask, TextTask, Written
from service.bulk.reading.source import open_source
from service.bulk.run import Job, run
from service.bulk.work.panel import PanelColumns
from service.local.errors import DataError


@dataclass(frozen=True)
class Lengths:
    """Says how long a text is. A text without words is an error; "die" kills the process; "refused" is refused."""

    log: str | None = None

    def __call__(self, frame):
        if self.log is not None and len(frame):
            with Path(self.log).open("a") as file:
                file.write(f"{len(frame)}\n")
        if "refused" in frame["text"].tolist():
            raise DataError("the model reads no such text")
        if "die" in frame["text"].tolist():
            os.kill(os.getpid(), signal.SIGKILL)
        texts = [text if isinstance(text, str) else "" for text in frame["text"]]
        return frame.assign(
            length=[float(len(text)) if text else None for text in texts],
            error=pd.Series([None if text else "no text" for text in texts], frame.index, dtype=object),
        )

    def schema(self):
        return [("length", "double"), ("error", "string")]


@dataclass(frozen=True)
class Sums:
    """The sum of the readings of each row."""

    def __call__(self, frame):
        sums = [[float(sum(readings))] for readings in frame["readings"]]
        return frame.assign(forecast=pd.Series(sums, frame.index, dtype=object), error=None)

    def schema(self):
        return [("forecast", "array<double>"), ("error", "string")]


@dataclass(frozen=True)
class LastOnes:
    """The last reading of each series, twice; its times go on by a day or by one. An empty series is an error."""

    has_time: bool = True

    def __call__(self, frame):
        columns = ["unique_id", *(["ds"] if self.has_time else ["step"]), "forecast", "error"]
        rows = []
        for name, series in frame.groupby("unique_id", sort=False):
            if series["y"].isna().all():
                rows.append([name, None, None, "all readings are missing"])
                continue
            for step in (1, 2):
                rows.append([name, self._time(series, step), series["y"].iloc[-1], None])
        return pd.DataFrame(rows, columns=columns)

    def _time(self, series, step):
        if not self.has_time:
            return step
        last = series["ds"].iloc[-1]
        return last + (pd.Timedelta(days=step) if isinstance(last, pd.Timestamp) else step)

    def schema(self):
        time = ("ds", "timestamp_ntz") if self.has_time else ("step", "bigint")
        return [("unique_id", "string"), time, ("forecast", "double"), ("error", "string")]


def texts_job(source, out, *, scoring=None, text="body", keep=None, dialect=None, form=None, given=None, **options):
    """A job that scores the texts of a file. `given` is its format."""
    dialect = dialect or Dialect()
    path = None if out is None else Path(out)
    written = Written(path, output_form(path, form, "csv"), dialect)
    return Job(
        open_source(str(source), given),
        TextTask(scoring or Lengths(), text, keep),
        written,
        "lengths/1",
        dialect,
        **options,
    )


def series_job(source, out, *, readings="readings", **options):
    """A job in which each row is a series."""
    written = Written(Path(out), output_form(Path(out), None, "csv"))
    return Job(open_source(str(source)), SeriesTask(Sums(), readings), written, "sums/1", Dialect(), **options)


def panel_job(
    source, out, *, name="store", time="day", value="units", keep=(), dialect=None, time_format=None, **options
):
    """A job in which each row is a reading."""
    dialect = dialect or Dialect()
    written = Written(Path(out), output_form(Path(out), None, "csv"), dialect)
    scoring = LastOnes(time is not None)
    task = PanelTask(
        {"timestamp": scoring, "number": scoring}, PanelColumns(name, time, value), keep, dialect.decimal, time_format
    )
    return Job(open_source(str(source)), task, written, "last/1", dialect, **options)


def done(job, stdout=None):
    """Do a job. Returns the progress at its end, and the warnings."""
    warnings: list[str] = []
    return run(job, stdout, lambda progress: None, warnings.append), warnings
