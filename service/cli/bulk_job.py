"""From the options of `gatecast bulk` to a job, and the job's run with its progress and its signals."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import FrameType

import typer

from ..artifacts.bundle import SUMS
from ..bulk.errors import BulkError, Refused
from ..bulk.formats import Dialect, output_form
from ..bulk.job import PanelTask, SeriesTask, Task, TextTask, Written
from ..bulk.outputs import parts_directory
from ..bulk.run import Job, run
from ..bulk.work.panel import PanelColumns
from ..bulk.workers import collect_rarely, cores
from ..local.loading import MANIFEST, version_path
from ..local.scoring.panel import PanelScoring
from ..local.scoring.series import SeriesScoring
from ..local.scoring.text import TextScoring
from .exits import warn
from .inputs import open_input
from .progress import showing

SMALL_BYTES = 200_000  # of a file for which starting other processes would take longer than scoring it
STDOUT = "-"


@dataclass(frozen=True)
class Forecasting:
    """The options of a forecast."""

    horizon: int | None
    levels: tuple[float, ...]
    frequency: str | None
    season: int | None
    minimum: float | None
    maximum: float | None
    start_column: str | None
    frequency_column: str | None


@dataclass(frozen=True)
class Asked:
    """The command line, checked one by one."""

    source: str
    input_format: str | None
    out: str
    output_format: str | None
    dialect: Dialect
    text: str | None
    readings: str | None
    id: str | None
    time: str | None
    value: str | None
    time_format: str | None
    keep: tuple[str, ...] | None
    model: str | None
    forecasting: Forecasting
    workers: int | None
    overwrite: bool
    restart: bool
    quiet: bool


def run_job(asked: Asked) -> int:
    """Do what is asked. Returns how many rows have errors. Raises BulkError, and KeyboardInterrupt after a word about it."""
    job = job_of(asked)
    collect_rarely()
    with interruptible(job), showing(job.written.path, quiet=asked.quiet) as report:
        return run(job, sys.stdout.buffer, report, warn).errors


def job_of(asked: Asked) -> Job:
    """Return the job. Raises BulkError, LoadError."""
    kinds = [name for name in ("text", "readings", "value") if getattr(asked, name) is not None]
    if len(kinds) != 1:
        raise Refused(
            "say which column is scored: --text COLUMN for texts, --readings COLUMN for a series in each row, or --value "
            "COLUMN (with --id and --time) for a reading in each row" + ("; one of them" if kinds else "")
        )
    model = str(version_path(asked.model or ("models/sentiment" if kinds == ["text"] else "models/universal")))
    path = None if asked.out == STDOUT else Path(asked.out)
    form = output_form(path, asked.output_format, "csv")
    if path is None and form.format == "parquet" and sys.stdout.isatty():
        raise Refused("Parquet is not for a terminal; name a file with --out")
    source = open_input(asked.source, asked.input_format)
    workers = asked.workers or (1 if source.size is not None and source.size < SMALL_BYTES else cores())
    return Job(
        source, task_of(asked, model), Written(path, form, asked.dialect), identity_of(model), asked.dialect, workers,
        asked.overwrite, asked.restart,
    )  # fmt: skip


def identity_of(model: str) -> str:
    """Return the path of a version and the checksum of its checksums: a model that is replaced in place is another one."""
    version = Path(model)
    known = [version / name for name in (SUMS, MANIFEST)]
    digests = [sha256(path.read_bytes()).hexdigest() for path in known if path.is_file()]
    return " ".join([model, *digests])


def task_of(asked: Asked, model: str) -> Task:
    """Return what is done with a row."""
    of = asked.forecasting
    if asked.text is not None:
        return TextTask(TextScoring(model), asked.text, asked.keep)
    if asked.readings is not None:
        has_start, has_frequency = of.start_column is not None, of.frequency_column is not None
        scoring = SeriesScoring(
            model, of.horizon, of.levels, "readings", "start" if has_start else None,
            "frequency" if has_frequency else None, of.season, of.minimum, of.maximum,
        )  # fmt: skip
        return SeriesTask(
            scoring, asked.readings, of.start_column, of.frequency_column, asked.keep, asked.dialect.decimal
        )
    assert asked.value is not None
    time = None if asked.time is None else "ds"
    scorings = {
        times: PanelScoring(
            model, of.horizon, of.levels, "unique_id", time, "y", times, of.frequency, of.season, of.minimum, of.maximum
        )
        for times in ("timestamp", "number")
    }
    columns = PanelColumns(asked.id, asked.time, asked.value)
    return PanelTask(scorings, columns, asked.keep or (), asked.dialect.decimal, asked.time_format)


@contextmanager
def interruptible(job: Job) -> Iterator[None]:
    """End at SIGINT and SIGTERM with what was done kept, and say so; also if a run fails after it has begun."""
    caught: list[int] = []

    def end(sig: int, _: FrameType | None) -> None:
        caught.append(sig)
        raise KeyboardInterrupt

    before = {sig: signal.signal(sig, end) for sig in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except KeyboardInterrupt:
        print(f"stopped{_kept(job)}", file=sys.stderr)
        raise typer.Exit(128 + (caught[0] if caught else signal.SIGINT)) from None
    except BulkError as error:
        if error.status != Refused.status:
            warn(f"stopped{_kept(job)}")
        raise
    except BrokenPipeError:
        raise
    except OSError as error:  # such as a full disk
        warn(f"stopped{_kept(job)}")
        error.filename = error.filename or job.written.path
        raise
    finally:
        for sig, handler in before.items():
            signal.signal(sig, handler)


def _kept(job: Job) -> str:
    path = job.written.path
    if path is None or job.source.path is None or not parts_directory(path).exists():
        return "; nothing is kept of a run that reads standard input or writes standard output"
    return f"; the same command goes on from here (what was done is in {parts_directory(path)})"
